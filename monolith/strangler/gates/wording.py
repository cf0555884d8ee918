"""Numbers as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

_SECOND = 1_000
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def percent(share: float) -> str:
    """Return a share as per cent, with the places that matter."""
    return f"{share * 100:.3g} %"


def length(time: timedelta) -> str:
    """Return a length of time in one or two units."""
    seconds = time.total_seconds()
    for size, unit in _UNITS:
        if seconds >= size:
            whole, rest = divmod(round(seconds), size)
            return f"{whole} {unit}{_rest_of(rest, unit)}"
    return f"{seconds:.3g} s"


def milliseconds(value: float) -> str:
    """Return milliseconds, or seconds where there are many."""
    return f"{value:.3g} ms" if value < _SECOND else f"{value / _SECOND:.1f} s"


def _rest_of(seconds: int, unit: str) -> str:
    for size, name in _UNITS:
        if name != unit and seconds >= size and (unit, name) != ("d", "min"):
            return f" {seconds // size} {name}"
    return ""
