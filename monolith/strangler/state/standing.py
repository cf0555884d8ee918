"""Where a path stands on the ladder, since when, and in which epoch of its evidence. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler.deciding.ladder import RUNGS, Dial, Rung, rung_at
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import Epoch, Transition
from monolith.strangler.state.queries import dial_of, get_state, rung_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

# A path that moved or changed its code more often than this within one rung has worse troubles.
_TRANSITIONS = 200
_EPOCHS = 100
_DIAL = "dial"
_SHARES = ("shadow_bp", "canary_bp", "verify_bp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A path's rung and epoch. `epoch` is 0 and `opened_at` None before the first.

    `epochs_of_this_code` are those that differ from the present one in nothing but the dial, and
    `code_since` is when the first of them opened.
    """

    rung: Rung
    dial: Dial
    since: datetime | None
    epoch: int
    opened_at: datetime | None
    epochs_of_this_code: tuple[int, ...]
    code_since: datetime | None


def get_standing(path: str) -> Standing:
    """Return where a path stands; one that was never moved stands on the lowest rung."""
    state = get_state(path)
    rung = rung_of(state)
    epochs = list(Epoch.objects.filter(path=path).order_by("-number")[:_EPOCHS])
    same = _of_same_code(epochs)
    return Standing(
        rung=rung,
        dial=dial_of(state),
        since=_since(path, rung),
        epoch=epochs[0].number if epochs else 0,
        opened_at=epochs[0].opened_at if epochs else None,
        epochs_of_this_code=tuple(epoch.number for epoch in same) or (0,),
        code_since=min((epoch.opened_at for epoch in same), default=None),
    )


def count_automatic_rollbacks(path: str, *, since: datetime) -> int:
    """Count how often the machine itself moved a path down, or froze it."""
    moves = Transition.objects.filter(path=path, actor_kind="auto", at__gte=since)
    return sum(_is_downward(move) for move in moves)


def _of_same_code(epochs: list[Epoch]) -> list[Epoch]:
    if not epochs:
        return []
    code = _without_dial(epochs[0].facts)
    return [epoch for epoch in epochs if _without_dial(epoch.facts) == code]


def _without_dial(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name != _DIAL}


def _since(path: str, rung: Rung) -> datetime | None:
    moves = Transition.objects.of_state(path).order_by("-version")[:_TRANSITIONS]
    return _arrived(moves, rung)


def _arrived(moves: Iterable[Transition], rung: Rung) -> datetime | None:
    """Return when the latest unbroken stay on a rung began; moves come newest first."""
    arrived = None
    for move in moves:
        if _after(move) != rung:
            break
        arrived = move.at
        if _before(move) != rung:
            break
    return arrived


def _is_downward(move: Transition) -> bool:
    is_frozen = move.after.get("hold") == "frozen" and move.before.get("hold") != "frozen"
    return is_frozen or RUNGS.index(_after(move)) < RUNGS.index(_before(move))


def _before(move: Transition) -> Rung:
    return rung_at(Stage(move.from_stage), _dial_of(move.before))


def _after(move: Transition) -> Rung:
    return rung_at(Stage(move.to_stage), _dial_of(move.after))


def _dial_of(state: Mapping[str, Any]) -> Dial:
    shares = {name: int(state.get(name, 0)) for name in _SHARES}
    return Dial(**shares, has_fallback=bool(state.get("has_fallback", True)))
