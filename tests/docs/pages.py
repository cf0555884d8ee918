"""The project's pages, and what is typed in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "benchmarks",
    "docs",
    "event_contracts",
    "extracted_services",
    "infra",
    "monolith",
    "tests",
)
PAGES = sorted([*ROOT.glob("*.md"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md"))])
_CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    """Return a page's path as a person would write it."""
    return str(page.relative_to(ROOT))


def code_of(page: Path) -> str:
    """Return everything on a page that is set as code, one piece per line."""
    return "\n".join(piece.strip("`") for piece in _CODE.findall(page.read_text()))
