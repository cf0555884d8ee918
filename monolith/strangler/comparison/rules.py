"""Which differences are agreed not to matter, and until when? Pure: the instant is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monolith.strangler.comparison.alignment import canonical
from monolith.strangler.comparison.differences import (
    Difference,
    Kind,
    NoSuchPlace,
    generalised,
    value_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

IGNORE, ANY_ORDER = "ignore", "any-order"
_PENCE = 100
_SECOND_LENGTH = len("2011-08-01T12:00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At places of the pattern `place`, values that are the same after `how` are the same."""

    name: str
    place: str
    how: str
    expires_at: datetime

    def is_live(self, now: datetime) -> bool:
        """Tell whether it still applies."""
        return now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """The differences that matter, and the rules that took the others away."""

    differences: tuple[Difference, ...]
    rules: tuple[str, ...] = ()


def normalise(
    differences: tuple[Difference, ...],
    *,
    monolith: Any,
    service: Any,
    rules: Iterable[Rule],
    now: datetime,
) -> Normalised:
    """Leave out what the live rules say does not matter. The answers are given as plain values."""
    live = [rule for rule in rules if rule.is_live(now)]
    left: list[Difference] = []
    used: list[str] = []
    for difference in differences:
        rule = next((rule for rule in live if _covers(rule, difference, monolith, service)), None)
        if rule is None:
            left.append(difference)
        else:
            used.append(rule.name)
    return Normalised(differences=tuple(left), rules=tuple(dict.fromkeys(used)))


def hows() -> list[str]:
    """List what a rule can do."""
    return sorted([IGNORE, ANY_ORDER, *_NORMALISERS])


def _covers(rule: Rule, difference: Difference, monolith: Any, service: Any) -> bool:
    if generalised(difference.place) != rule.place:
        return False
    if rule.how == IGNORE:
        return True
    if difference.kind is Kind.REORDERED:
        return rule.how == ANY_ORDER
    normaliser = _NORMALISERS.get(rule.how)
    if normaliser is None or difference.kind is not Kind.CHANGED:
        return False
    return _is_same_after(normaliser, difference, monolith, service)


def _is_same_after(
    normaliser: Callable[[Any], Any], difference: Difference, monolith: Any, service: Any
) -> bool:
    try:
        ours = value_at(monolith, difference.place)
        theirs = value_at(service, difference.there or difference.place)
    except NoSuchPlace:
        return False
    return canonical(normaliser(ours)) == canonical(normaliser(theirs))


def _without_case(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _without_extra_space(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _without_nothing(value: Any) -> Any:
    return None if value in ("", [], {}) else value


def _whole_pounds(value: Any) -> Any:
    is_amount = isinstance(value, int) and not isinstance(value, bool)
    # Half a pound goes up; `round` would send it to the even neighbour.
    return (value + _PENCE // 2) // _PENCE if is_amount else value


def _whole_seconds(value: Any) -> Any:
    """Cut an instant as contracts write it, in UTC, to seconds."""
    is_instant = isinstance(value, str) and value[10:11] == "T" and value.endswith("+00:00")
    return value[:_SECOND_LENGTH] if is_instant else value


_NORMALISERS: dict[str, Callable[[Any], Any]] = {
    "case": _without_case,
    "whitespace": _without_extra_space,
    "blank": _without_nothing,
    "whole-pounds": _whole_pounds,
    "whole-seconds": _whole_seconds,
}
