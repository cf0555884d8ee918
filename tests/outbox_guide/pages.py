"""The steps of a page of documentation: commands to run, and files to write or to add to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = re.compile(
    r"(?:^(?P<verb>Write|Add to) \*\*`(?P<file>[^`]+)`\*\*:\n\n)?"
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Step(NamedTuple):
    """A block of the page. `file` is None for commands."""

    file: str | None
    adds: bool
    text: str


def steps_of(page: Path) -> Iterator[Step]:
    """Read the steps in their order; blocks of plain text are for reading only."""
    for block in _BLOCK.finditer(page.read_text()):
        if block["language"] == "text":
            continue
        if block["file"] is None and block["language"] != "sh":
            raise ValueError(f"{page.name}: a block of {block['language']} that names no file")
        yield Step(block["file"], block["verb"] == "Add to", block["text"])
