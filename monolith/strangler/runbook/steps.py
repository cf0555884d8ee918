"""What a step of the runbook is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.runbook.sight import Sight

COMMAND = "manage.py strangler "
"""What a `do` or a `roll_back` begins with that can be typed; all else is done by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Whether something is so, and what was seen."""

    is_so: bool
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that is true of a path, or not: in words for the page, and as a look at it."""

    words: str
    look: Callable[[Sight], Found]

    def __call__(self, sight: Sight) -> Found:
        """Tell whether it is so."""
        return self.look(sight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do on the way to a rung.

    `check` says when it may be done, `verify` that it is done: of the path as it stands, so whoever
    was interrupted goes on where they stopped. `do` and `roll_back` are commands with places to
    fill, or what somebody does by hand. `gates` names the gates that it gives evidence to.
    `is_repeated`: asked again until it is so. `is_after`: comes once the path has climbed.
    """

    id: str
    rung: str
    why: str
    check: Condition
    do: str
    verify: Condition
    roll_back: str
    owner: str
    max_minutes: float
    gates: tuple[str, ...] = ()
    is_repeated: bool = False
    is_after: bool = False

    @property
    def is_command(self) -> bool:
        """Whether a machine can do it."""
        return self.do.startswith(COMMAND)
