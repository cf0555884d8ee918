"""Drawings for the control room: data in, SVG out. Pure; colours come from the stylesheet.

Every drawing has a title and a description, breaks its line where nothing was seen, and is readable
without colour: lines differ by dash and are named at their ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from monolith.strangler.control_room.scales import MOST, Scale, ticks, time_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

Point = tuple["datetime", float | None]
_WIDTH, _HEIGHT = 440, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 76, 10, 24
_LABEL_HEIGHT = 13
_FAR = 1.5
_LONGEST_CLOCK = timedelta(days=2)  # beyond, days are written and not hours
_SPARK_WIDTH, _SPARK_HEIGHT = 72, 16
_FEWEST_FOR_A_LINE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart; `look` is a class of the stylesheet. None: nothing was seen then."""

    name: str
    look: str
    points: Sequence[Point]

    def known(self) -> list[tuple[datetime, float]]:
        """Return the points that have a value."""
        return [(at, value) for at, value in self.points if _is_number(value)]  # type: ignore[misc]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar; `look` is a class of the stylesheet."""

    name: str
    look: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One of many equal pieces of work; `look` is a class of the stylesheet."""

    look: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a drawing is called and says; `key` makes its ids unique on the page."""

    key: str
    title: str
    description: str


def line_chart(
    frame: Frame,
    lines: Sequence[Line],
    *,
    write: Callable[[float], str],
    limit: float | None = None,
) -> SafeString:
    """Draw lines over time; `limit` is a value that they should stay below."""
    known = [point for line in lines for point in line.known()]
    if not known:
        return _nothing(frame)
    highest = max(value for _, value in known)
    # A limit far above everything would flatten the lines: it is told in words, then.
    limit = limit if limit is not None and limit <= highest * _FAR else None
    values = ticks(max(highest, limit or 0))
    down = Scale(low=0, high=values[-1], start=_HEIGHT - _BOTTOM, end=_TOP)
    across = _time_scale([at for line in lines for at, _ in line.points])
    body = [
        _grid(values, down, write),
        _instants(lines, across),
        _limit(limit, down),
        *(_drawn(line, across, down) for line in lines),
        _names(lines, down),
    ]
    return _svg(frame, _WIDTH, _HEIGHT, "chart", body)


def sparkline(frame: Frame, values: Sequence[float | None], *, look: str = "") -> SafeString:
    """Draw the run of one value, without axes; nothing where fewer than two were seen."""
    known = [value for value in values if value is not None and _is_number(value)]
    if len(known) < _FEWEST_FOR_A_LINE:
        return SafeString("")
    most = ticks(max(known))[-1]
    down = Scale(low=0, high=most, start=_SPARK_HEIGHT - 2, end=2)
    across = Scale(low=0, high=len(values) - 1, start=2, end=_SPARK_WIDTH - 2)
    coordinates = [
        (across(index), down(value)) if _is_number(value) else None  # type: ignore[arg-type]
        for index, value in enumerate(values)
    ]
    body = [format_html('<path class="spark {}" d="{}"/>', look, _path(coordinates))]
    return _svg(frame, _SPARK_WIDTH, _SPARK_HEIGHT, "sparkline", body)


def bar(frame: Frame, parts: Sequence[Part], *, width: int = 560, height: int = 22) -> SafeString:
    """Draw parts of a whole side by side; whatever is there is wide enough to be seen."""
    present = [part for part in parts if part.count > 0]
    if not present:
        return _nothing(frame)
    widths = _widths([part.count for part in present], width)
    starts = [sum(widths[:index]) for index in range(len(widths))]
    body = [
        format_html(
            '<rect class="{}" x="{}" y="0" width="{}" height="{}"><title>{}: {}</title></rect>',
            part.look,
            _number(start),
            _number(max(wide - 1, 1)),
            height,
            part.name,
            f"{part.count:,}",
        )
        for part, start, wide in zip(present, starts, widths, strict=True)
    ]
    return _svg(frame, width, height, "bar", body)


def tiles(frame: Frame, pieces: Sequence[Tile], *, columns: int = 50, side: int = 11) -> SafeString:
    """Draw pieces as squares, row by row."""
    if not pieces:
        return _nothing(frame)
    body = [
        format_html(
            '<rect class="tile {}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
            piece.look,
            number % columns * side,
            number // columns * side,
            side - 2,
            side - 2,
            piece.says,
        )
        for number, piece in enumerate(pieces)
    ]
    height = -(-len(pieces) // columns) * side
    return _svg(frame, columns * side, height, "tiles", body)


def _widths(counts: Sequence[int], width: float, least: float = 3) -> list[float]:
    raised = [max(least, width * count / sum(counts)) for count in counts]
    return [wide * width / sum(raised) for wide in raised]


def _time_scale(instants: Iterable[datetime]) -> Scale:
    stamps = [at.timestamp() for at in instants]
    low, high = min(stamps), max(stamps)
    return Scale(low=low, high=high if high > low else low + 1, start=_LEFT, end=_WIDTH - _RIGHT)


def _grid(values: Sequence[float], down: Scale, write: Callable[[float], str]) -> SafeString:
    return format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>'
        '<text class="tick" x="{3}" y="{4}" text-anchor="end">{5}</text>',
        (
            (_LEFT, _WIDTH - _RIGHT, _number(y), _LEFT - 6, _number(y + 4), write(value))
            for value in values
            for y in [down(value)]
        ),
    )


def _instants(lines: Sequence[Line], across: Scale) -> SafeString:
    instants = [at for line in lines for at, _ in line.points]
    first, last = min(instants), max(instants)
    form = "%d %b" if last - first > _LONGEST_CLOCK else "%H:%M"
    return format_html_join(
        "",
        '<text class="tick" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (_number(across(at.timestamp())), _HEIGHT - 6, f"{at:{form}}")
            for at in time_ticks(first, last)
        ),
    )


def _limit(limit: float | None, down: Scale) -> SafeString:
    if limit is None:
        return SafeString("")
    return format_html(
        '<line class="limit" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>'
        '<text class="tick limit-name" x="{1}" y="{2}" dy="-4" text-anchor="end">limit</text>',
        _LEFT, _WIDTH - _RIGHT, _number(down(limit)),
    )  # fmt: skip


def _drawn(line: Line, across: Scale, down: Scale) -> SafeString:
    coordinates = [
        (across(at.timestamp()), down(value)) if _is_number(value) else None  # type: ignore[arg-type]
        for at, value in line.points
    ]
    return format_html('<path class="line {}" d="{}"/>', line.look, _path(coordinates)) + _alone(
        line, coordinates
    )


def _alone(line: Line, coordinates: Sequence[tuple[float, float] | None]) -> SafeString:
    """Mark points without neighbours: a line of one point cannot be seen."""
    around = [None, *coordinates, None]
    lonely = [
        here
        for before, here, after in zip(around, around[1:], around[2:], strict=False)
        if here and before is None and after is None
    ]
    return format_html_join(
        "",
        '<circle class="dot {}" cx="{}" cy="{}" r="2.5"/>',
        ((line.look, _number(x), _number(y)) for x, y in lonely),
    )


def _names(lines: Sequence[Line], down: Scale) -> SafeString:
    """Write each line's name at its end, apart from one another."""
    ends = [(down(known[-1][1]), line) for line in lines if (known := line.known())]
    placed: list[tuple[float, Line]] = []
    for y, line in sorted(ends, key=lambda end: end[0]):
        above = placed[-1][0] + _LABEL_HEIGHT if placed else _TOP
        placed.append((max(y, above), line))
    lift = max(0.0, placed[-1][0] - (_HEIGHT - _BOTTOM))
    return format_html_join(
        "",
        '<text class="name {}" x="{}" y="{}">{}</text>',
        ((line.look, _WIDTH - _RIGHT + 6, _number(y - lift + 4), line.name) for y, line in placed),
    )


def _path(coordinates: Sequence[tuple[float, float] | None]) -> str:
    words, is_down = [], False
    for point in coordinates:
        if point is not None:
            words.append(f"{'L' if is_down else 'M'}{_number(point[0])} {_number(point[1])}")
        is_down = point is not None
    return "".join(words)


def _svg(
    frame: Frame, width: int, height: int, look: str, body: Iterable[SafeString]
) -> SafeString:
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-title {key}-said">'
        '<title id="{key}-title">{}</title><desc id="{key}-said">{}</desc>{}</svg>',
        look,
        width,
        height,
        frame.title,
        frame.description,
        mark_safe("".join(body)),  # noqa: S308 - each part was escaped when it was formatted
        key=frame.key,
    )


def _nothing(frame: Frame) -> SafeString:
    return SafeString(f'<p class="no-data">{escape(frame.title)}: no data</p>')


def _is_number(value: float | None) -> bool:
    return value is not None and abs(value) <= MOST


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
