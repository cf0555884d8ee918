"""How the control room writes figures. Pure; figures come with their units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

NO_DATA = "no data"
_TEN_THOUSAND = 10_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SECOND_MS, _LARGE_MS = 1_000, 10_000
_STEP = 10  # ages below a minute go by steps of so many seconds


def whole(count: int) -> str:
    """Write a count: 9981 is 9,981."""
    return f"{count:,}"


def several(count: int, one: str, many: str = "") -> str:
    """Write a count of things: "1 user", "14 users"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(part: float, of: float, digits: int = 1) -> str:
    """Write a part as a percentage; of nothing there is no part."""
    return f"{100 * part / of:.{digits}f} %" if of else NO_DATA


def per_ten_thousand(rate: float) -> str:
    """Write a rate per 10,000, so that small ones can be read."""
    value = rate * _TEN_THOUSAND
    return f"{value:,.1f}" if value < _HOUR else f"{value:,.0f}"


def milliseconds(value: float) -> str:
    """Write a length given in milliseconds, in the unit that suits it."""
    if 0 < value < 1:
        return f"{value:.1f} ms"
    if value < _SECOND_MS:
        return f"{value:.0f} ms"
    if value < _LARGE_MS:
        return f"{value / _SECOND_MS:.1f} s"
    return span(value / _SECOND_MS)


def span(seconds: float) -> str:
    """Write a length of time: "40 s", "12 min", "5 h 50 min", "3 d 4 h"."""
    rounded = max(0, round(seconds))
    if rounded < _MINUTE:
        return f"{rounded} s"
    if rounded < _HOUR:
        return f"{rounded // _MINUTE} min"
    if rounded < _DAY:
        return _two(rounded // _HOUR, "h", rounded % _HOUR // _MINUTE, "min")
    return _two(rounded // _DAY, "d", rounded % _DAY // _HOUR, "h")


def age(seconds: float) -> str:
    """Write an age coarsely, so that a page on which nothing happens stays the same page."""
    if seconds < _STEP:
        return f"< {_STEP} s"
    if seconds < _MINUTE:
        return f"{int(seconds // _STEP) * _STEP} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"{int(seconds // _HOUR)} h"
    return f"{int(seconds // _DAY)} d"


def age_of(at: datetime | None, now: datetime) -> str:
    """Write how old an instant is; "never" for none."""
    return age((now - at).total_seconds()) if at else "never"


def until(at: datetime, now: datetime) -> str:
    """Write how long it is until an instant: "48 min left", or "ended"."""
    seconds = (at - now).total_seconds()
    return f"{age(seconds)} left" if seconds > 0 else "ended"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"
