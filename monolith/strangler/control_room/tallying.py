"""Reads tallies: sums by path, series and name, by stretches of time, of the epoch that counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import DateTimeField, F, Func, Max, Sum

from monolith.strangler.models import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

MINUTE = timedelta(minutes=1)
# Evidence counts only within the epoch that it was gathered in; how a path runs, always does.
OF_AN_EPOCH = frozenset(
    {"compare", "verify", "recheck", "staleness", "noise", "rule", "shape", "ryw", "dropped"}
)


class Row(NamedTuple):
    """One group of tallies: how often, and the last minute that it was seen in."""

    path: str
    epoch: int
    series: str
    name: str
    since: datetime
    total: int
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How often each name of a series was seen, and until when."""

    counts: Mapping[str, int]
    at: datetime | None

    @property
    def total(self) -> int:
        """Return how often anything was seen."""
        return sum(self.counts.values())

    def of(self, *names: str) -> int:
        """Return how often one of these names was seen."""
        return sum(self.counts.get(name, 0) for name in names)

    def buckets(self) -> dict[int, int]:
        """Return a histogram's counts by bucket."""
        return {int(name): count for name, count in self.counts.items() if name.isdecimal()}


NOTHING_SEEN = Seen(counts={}, at=None)


class Tallies:
    """What was seen of some paths, to be asked by path and series."""

    def __init__(self, rows: Iterable[Row], *, now: datetime) -> None:
        self._now = now
        self._rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            self._rows[row.path, row.series].append(row)

    def seen(self, path: str, series: str) -> Seen:
        """Sum a series over the whole time."""
        return self._sum(self._rows.get((path, series), []))

    def by_time(self, path: str, series: str) -> dict[datetime, Seen]:
        """Sum a series over each stretch of time in which it was seen."""
        stretches: dict[datetime, list[Row]] = defaultdict(list)
        for row in self._rows.get((path, series), []):
            stretches[row.since].append(row)
        return {since: self._sum(stretches[since]) for since in sorted(stretches)}

    def _sum(self, rows: Collection[Row]) -> Seen:
        counts: Counter[str] = Counter()
        for row in rows:
            counts[row.name] += row.total
        last = max((row.last for row in rows), default=None)
        # A tally stands for its minute; the one that runs is as fresh as can be.
        return Seen(counts=counts, at=last and min(last + MINUTE, self._now))


def read_tallies(
    *,
    paths: Collection[str],
    series: Collection[str],
    since: datetime,
    now: datetime,
    step: timedelta,
    epochs: Mapping[str, int],
) -> Tallies:
    """Sum the tallies since an instant by steps, in one query.

    Of a path whose epoch is not known, the evidence of every epoch counts.
    """
    groups = (
        Tally.objects.filter(path__in=paths, series__in=series, minute__gte=since)
        .annotate(since=_start_of_step(step))
        .values_list("path", "epoch", "series", "name", "since")
        .annotate(total=Sum("count"), last=Max("minute"))
        .order_by()
    )
    rows = (Row(*group) for group in groups)
    return Tallies((row for row in rows if _counts(row, epochs)), now=now)


def _counts(row: Row, epochs: Mapping[str, int]) -> bool:
    return row.series not in OF_AN_EPOCH or row.epoch == epochs.get(row.path, row.epoch)


def _start_of_step(step: timedelta) -> Func:
    return Func(
        F("minute"),
        template=(
            f"date_bin('{int(step.total_seconds())} seconds', %(expressions)s,"
            " TIMESTAMPTZ '2000-01-01 00:00:00+00')"
        ),
        output_field=DateTimeField(),
    )
