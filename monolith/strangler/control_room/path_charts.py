"""A path's charts over the last day: how fast both sides are, and how long answers were stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import Min
from django.utils import timezone

from monolith.strangler.control_room import cells, formatting
from monolith.strangler.control_room.charts import Frame, Line, line_chart
from monolith.strangler.control_room.tallying import Tallies, read_tallies
from monolith.strangler.models import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.utils.safestring import SafeString

    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.control_room.tallying import Seen

DAY = timedelta(days=1)
SERIES = ("latency-service", "latency-monolith", "staleness", "lag", "answer")
# Young evidence is drawn finely, so that the first minutes are a line and not a dot.
_STEPS = (
    (timedelta(hours=1), timedelta(minutes=2)),
    (timedelta(hours=6), timedelta(minutes=10)),
    (DAY, timedelta(minutes=30)),
)
_SLOWEST_MS = 800.0
_STALEST_MS = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One stretch of time, in figures."""

    at: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing, and the same as a table."""

    key: str
    title: str
    note: str
    drawing: SafeString
    headers: tuple[str, ...]
    rows: tuple[TableRow, ...]


def charts_of(rows: Rows, path: str) -> tuple[Chart, ...]:
    """Draw a path's last day: speed, staleness, and what fell back."""
    step, start = _stretch(rows, path)
    tallies = read_tallies(
        paths=[path],
        series=SERIES,
        since=start,
        now=rows.now,
        step=step,
        epochs=_epochs(rows, path),
    )
    instants = _instants(start, rows.now, step)
    return (
        _latency(tallies, path, instants),
        _staleness(tallies, path, instants),
        _fallback(tallies, path, instants),
    )


def _latency(tallies: Tallies, path: str, instants: Sequence[datetime]) -> Chart:
    draw = partial(_line, tallies, path, instants)
    lines = [
        draw("service p95", "service", "latency-service", _quantile(0.95)),
        draw("service p99", "service thin", "latency-service", _quantile(0.99)),
        draw("mono p95", "monolith", "latency-monolith", _quantile(0.95)),
        draw("mono p99", "monolith thin", "latency-monolith", _quantile(0.99)),
    ]
    note = "How long each side took for a read. The service may take 800 ms at p99."
    return _chart("latency", "Latency", note, lines, limit=_SLOWEST_MS)


def _staleness(tallies: Tallies, path: str, instants: Sequence[datetime]) -> Chart:
    draw = partial(_line, tallies, path, instants)
    lines = [
        draw("healed p50", "service thin", "staleness", _quantile(0.5)),
        draw("healed p99", "service", "staleness", _quantile(0.99)),
        draw("lag p99", "monolith thin", "lag", _quantile(0.99)),
    ]
    note = "How long stale answers took to heal, and how far the stream was behind; 10 s at most."
    return _chart("staleness", "Staleness", note, lines, limit=_STALEST_MS)


def _fallback(tallies: Tallies, path: str, instants: Sequence[datetime]) -> Chart:
    line = _line(tallies, path, instants, "fell back", "monolith", "answer", _fallback_percent)
    note = "Which part of the reads meant for the service the monolith answered; 0.5 % at most."
    return _chart("fallback", "Fallback", note, [line], limit=0.5, write=_percent)


def _chart(
    key: str,
    title: str,
    note: str,
    lines: Sequence[Line],
    *,
    limit: float,
    write: Callable[[float], str] = formatting.milliseconds,
) -> Chart:
    frame = Frame(key=key, title=title, description=_described(lines, write))
    return Chart(
        key=key,
        title=title,
        note=note,
        drawing=line_chart(frame, lines, write=write, limit=limit),
        headers=tuple(line.name for line in lines),
        rows=tuple(_table(lines, write)),
    )


def _line(
    tallies: Tallies,
    path: str,
    instants: Sequence[datetime],
    name: str,
    look: str,
    series: str,
    value_of: Callable[[Seen], float | None],
) -> Line:
    stretches = tallies.by_time(path, series)
    values = {at: value_of(seen) for at, seen in stretches.items()}
    return Line(
        name=name,
        look=look,
        points=[(timezone.localtime(at), values.get(at)) for at in instants],
    )


def _table(lines: Sequence[Line], write: Callable[[float], str]) -> list[TableRow]:
    """Write the stretches of time in which anything was seen, the latest first."""
    columns = [[value for _, value in line.points] for line in lines]
    instants = [at for at, _ in lines[0].points]
    return [
        TableRow(at=f"{at:%d %b %H:%M}", values=tuple(_written(value, write) for value in values))
        for at, *values in reversed(list(zip(instants, *columns, strict=True)))
        if any(value is not None for value in values)
    ]


def _written(value: float | None, write: Callable[[float], str]) -> str:
    return formatting.NO_DATA if value is None else write(value)


def _described(lines: Sequence[Line], write: Callable[[float], str]) -> str:
    known = [(line.name, line.known()) for line in lines]
    return "; ".join(
        f"{name}: {write(points[-1][1])} now, {write(max(value for _, value in points))} at most"
        if points
        else f"{name}: no data"
        for name, points in known
    )


def _stretch(rows: Rows, path: str) -> tuple[timedelta, datetime]:
    """Return how finely to draw, and from when: as far back as there is anything, a day at most."""
    tallies = Tally.objects.filter(path=path, series__in=SERIES, minute__gte=rows.now - DAY)
    first = tallies.aggregate(first=Min("minute"))["first"] or rows.now
    length = rows.now - first
    span, step = next((pair for pair in _STEPS if length <= pair[0]), _STEPS[-1])
    return step, rows.now - span


def _instants(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Return the beginnings of all stretches, as `date_bin` counts them."""
    seconds = step.total_seconds()
    first = datetime.fromtimestamp(start.timestamp() // seconds * seconds, tz=start.tzinfo)
    return [first + number * step for number in range(int((end - first) / step) + 1)]


def _epochs(rows: Rows, path: str) -> dict[str, int]:
    return {path: rows.epochs[path].number} if path in rows.epochs else {}


def _quantile(q: float) -> Callable[[Seen], float | None]:
    return lambda seen: cells.quantile_ms(seen, q)


def _fallback_percent(seen: Seen) -> float | None:
    part = cells.fallback_share(seen)
    return None if part is None else 100 * part


def _percent(value: float) -> str:
    return f"{value:.2g} %"
