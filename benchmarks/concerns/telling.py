"""The table that people read, and the figures with their bars."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.concerns.clients import SERVICE
from benchmarks.concerns.visits import REPORTS
from benchmarks.figures import Figure, aligned, at_least, at_most, told
from benchmarks.outbox.rounds import percentile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.concerns.database import DatabaseLoad
    from benchmarks.concerns.stages import Stage

LEAST_RELIEF = 0.5
LEAST_TIMES_FASTER = 20
_SHARES = (0.5, 0.95, 0.99)


def print_table(stages: Sequence[Stage], *, machine: str, load: str) -> None:
    """Print what every stage saw: reads, writes, the database."""
    print(f"machine: {machine}\nload: {load}")
    for line in aligned([_heading(stages), *_rows(stages)]):
        print(line)


def figures(stages: Sequence[Stage], divided: str) -> list[Figure]:
    """Hold the last stage against the first."""
    first, last = stages[0], stages[-1]
    return [
        *_orders(first, last, divided),
        *(figure for path in last.moved for figure in _moved(path, first, last)),
        at_most("monolith answers of moved reads", _answers_of_monolith(last), "answers",
                bar=0, reference=f"{_looks(last)} pages read{_told_reasons(last)}"),
        told("PostgreSQL busy", last.load.busy, "s/s", reference=f"before: {first.load.busy:.2f}"),
        told("lock waits", last.load.lock_waits, "s/s",
             reference=f"before: {first.load.lock_waits:.3f}"),
        at_most("pages with errors", sum(len(stage.errors) for stage in stages), "pages", bar=0,
                reference="; ".join(stages[-1].errors[:2]) or "in all stages"),
    ]  # fmt: skip


def _orders(first: Stage, last: Stage, divided: str) -> Iterator[Figure]:
    before, after = _p99(first.orders), _p99(last.orders)
    yield at_most("place_order p99, after to before", after / before, "x", bar=LEAST_RELIEF,
                  reference=f"{after:.1f} of {before:.1f} ms; {divided}")  # fmt: skip


def _moved(path: str, first: Stage, last: Stage) -> Iterator[Figure]:
    own = last.handlers.get(path, [])
    handler = f"; its handler alone {_p99(own):.1f} ms" if own else ""
    for what, of in (("read", _reads), ("page", _pages)):
        before, after = _p99(of(first, path)), _p99(of(last, path))
        yield at_most(f"{path}: {what}'s p99, after to before", after / before, "x", bar=1,
                      reference=f"{after:.1f} of {before:.1f} ms{handler}")  # fmt: skip
    if path == REPORTS:
        yield from _reports(first, last)


def _reports(first: Stage, last: Stage) -> Iterator[Figure]:
    before, after = (percentile(_reads(stage, REPORTS), 0.5) for stage in (first, last))
    yield at_least("reports, times faster", before / after, "x", bar=LEAST_TIMES_FASTER,
                   reference=f"p50 of a page's questions: {before:.0f} ms asked of PostgreSQL, "
                   f"{after:.0f} of the service; "
                   f"{_looks_at(first, REPORTS)} and {_looks_at(last, REPORTS)} pages")  # fmt: skip
    if own := last.handlers.get(REPORTS):
        alone = percentile(own, 0.5)
        yield at_least("reports, times faster by the handler's own time", before / alone, "x",
                       bar=LEAST_TIMES_FASTER,
                       reference=f"p50 of a page's: {before:.0f} and {alone:.0f} ms")  # fmt: skip


def _looks_at(stage: Stage, path: str) -> int:
    return len(stage.looks[path])


def _heading(stages: Sequence[Stage]) -> list[str]:
    return ["", *(stage.name for stage in stages)]


def _rows(stages: Sequence[Stage]) -> Iterator[list[str]]:
    for path in stages[0].looks:
        yield [f"{path}, the page: p50/p95/p99 ms",
               *(_spread(_pages(stage, path)) for stage in stages)]  # fmt: skip
        yield ["  answered by its service", *(_share(stage, path) for stage in stages)]
        yield ["  its reads: p50/p95/p99 ms", *(_spread(_reads(stage, path)) for stage in stages)]
        yield ["  its handler: p50/p95/p99 ms",
               *(_spread(stage.handlers.get(path, [])) for stage in stages)]  # fmt: skip
    yield ["place_order: p50/p95/p99 ms", *(_spread(stage.orders) for stage in stages)]
    yield ["PostgreSQL busy, s/s", *(f"{stage.load.busy:.2f}" for stage in stages)]
    yield ["buffers read /s", *(f"{stage.load.buffers_per_second:,.0f}" for stage in stages)]
    yield ["rows returned /s", *(f"{stage.load.rows_per_second:,.0f}" for stage in stages)]
    yield ["lock waits, s/s", *(f"{stage.load.lock_waits:.3f}" for stage in stages)]
    yield ["connections at work, mean/most", *(_connections(stage.load) for stage in stages)]


def _connections(load: DatabaseLoad) -> str:
    return f"{load.mean_active:.2f}/{load.most_active}"


def _pages(stage: Stage, path: str) -> list[float]:
    return [look.milliseconds for look in stage.looks[path]]


def _reads(stage: Stage, path: str) -> list[float]:
    return stage.reads[path]


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    return "/".join(f"{percentile(values, share):.0f}" for share in _SHARES) + f" of {len(values)}"


def _share(stage: Stage, path: str) -> str:
    looks = stage.looks[path]
    by_service = sum(look.is_by_service for look in looks)
    return f"{100 * by_service / max(len(looks), 1):.0f} %"


def _answers_of_monolith(stage: Stage) -> int:
    return sum(not look.is_by_service for path in stage.moved for look in stage.looks[path])


def _told_reasons(stage: Stage) -> str:
    sources = Counter(
        source
        for path in stage.moved
        for look in stage.looks[path]
        for source in look.sources
        if source != SERVICE
    )
    return "".join(f"; {source}: {count}" for source, count in sources.items())


def _looks(stage: Stage) -> int:
    return sum(map(len, stage.looks.values()))


def _p99(values: list[float]) -> float:
    return percentile(values, 0.99)
