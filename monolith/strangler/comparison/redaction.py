"""What may be seen of a value by anybody: what kind it is and how long. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monolith.strangler.comparison.differences import Kind, NoSuchPlace, value_at

if TYPE_CHECKING:
    from monolith.strangler.comparison.differences import Difference

_ABSENT = "-"
_ON_ONE_SIDE = {Kind.MISSING: "monolith", Kind.EXTRA: "service"}


def redacted(value: Any) -> str:
    """Describe a plain value by its kind and length: `text of 12`. Numbers have no length."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, str):
        return f"text of {len(value)}"
    if isinstance(value, list):
        return f"list of {len(value)}"
    if isinstance(value, dict):
        return f"object of {len(value)}"
    return "number" if isinstance(value, int | float) else type(value).__name__


def side_by_side(
    differences: tuple[Difference, ...], *, monolith: Any, service: Any
) -> list[dict[str, str]]:
    """Render differences of two answers in plain values: place, kind and each side, redacted."""
    return [
        {
            "place": difference.place,
            "kind": difference.kind.value,
            "monolith": _side("monolith", difference, monolith, difference.place),
            "service": _side("service", difference, service, difference.there or difference.place),
        }
        for difference in differences
    ]


def _side(side: str, difference: Difference, answer: Any, place: str) -> str:
    if _ON_ONE_SIDE.get(difference.kind, side) != side:
        return _ABSENT
    try:
        return redacted(value_at(answer, place))
    except NoSuchPlace:
        return _ABSENT
