"""What somebody types for a step: its command with the places filled."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.gates.profiles import STANDARD
from monolith.strangler.runbook.steps import COMMAND

if TYPE_CHECKING:
    from monolith.strangler.gates.profiles import Profile
    from monolith.strangler.runbook.sight import Sight

DEFAULT_REASON = "every gate passed: a step of the runbook"


def _replayed(profile: Profile) -> int:
    """A fifth more than the baseline needs: some are not answered."""
    return profile.double_reads * 6 // 5


_UNKNOWN = {
    "path": "PATH",
    "plan": "PLAN",
    "actor": "YOU",
    "approver": "SOMEBODY_ELSE",
    "reason": "...",
    "double_reads": str(_replayed(STANDARD)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who moves the path, who may agree to it, and what they give as the reason."""

    actor: str
    approvers: tuple[str, ...] = ()
    reason: str = DEFAULT_REASON


def words_of(command: str, sight: Sight, people: People) -> list[str] | None:
    """Return the words behind `manage.py strangler`; None where a place cannot be filled.

    There may be no plan, or nobody left who could agree to it.
    """
    places = _places(sight, people)
    try:
        return [word.format_map(places) for word in shlex.split(command.removeprefix(COMMAND))]
    except KeyError:
        return None


def written(text: str, path: str) -> str:
    """Return a command for people to fill in, of a path that is known."""
    return text.format_map({**_UNKNOWN, "path": path})


def sample_words(command: str) -> list[str]:
    """Return a command's words with something in every place, to see whether it can be typed."""
    places = {**_UNKNOWN, "plan": "1"}
    return [word.format_map(places) for word in shlex.split(command.removeprefix(COMMAND))]


def _places(sight: Sight, people: People) -> dict[str, str]:
    places = {
        "path": sight.status.path,
        "actor": people.actor,
        "reason": people.reason,
        "double_reads": str(_replayed(sight.profile)),
    }
    if sight.plan is None:
        return places
    places["plan"] = str(sight.plan.pk)
    taken = {*sight.approvers, sight.plan.requested_by}
    free = [name for name in people.approvers if name not in taken]
    return {**places, "approver": free[0]} if free else places
