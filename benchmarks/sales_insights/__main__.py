"""`python -m benchmarks.sales_insights [--events N]`: every question over ten million events.

The files lie on the disk of the function, as after its first question: what is measured is how long
whoever asks has to wait, up to the answer in plain values.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, at_most, publish, told
from benchmarks.sales_insights.trade import FIRST_DAY, UNTIL_DAY, Made, make
from event_contracts.plain_values import to_plain
from event_contracts.sales_insights import ROWS, Period, Report
from extracted_services.sales_insights import projection, queries, store
from extracted_services.sales_insights.store import ObjectLake
from extracted_services.sales_insights.view import LANDING, MANIFEST, landing_of
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = 10_000_000
MOST_SECONDS = 2.0
ROUNDS = 3
FULL_MB = projection.FULL_BYTES / 1024**2
# What a function gets: two processors, and three and a half gigabytes.
_FUNCTION = "SET memory_limit = '3GB'"
_ABOUT = {"orders_booked": "some/77", "prices_known": "product/P77", "products_as_of": "P77"}


def main() -> None:
    """Make the events, ask everything, merge what landed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    events = parser.parse_args().events
    with (
        tempfile.TemporaryDirectory(prefix="banyan-insights-") as folder,
        store.engine() as engine,
    ):
        began = time.perf_counter()
        made = make(engine, Path(folder), events=events)
        seconds = time.perf_counter() - began
        engine.execute(_FUNCTION)
        figures = [_size(made, seconds), *_questions(engine, Path(folder), made)]
        figures += _merging(engine, Path(folder) / "merging")
    sys.exit(not publish("insights", figures))


def _size(made: Made, seconds: float) -> Figure:
    megabytes = sum(file.size_bytes for file in made.manifest.files) / 1e6
    reference = f"{len(made.manifest.files):,} files, {megabytes:,.0f} MB, made in {seconds:.0f} s"
    return told("events", made.events, "events", reference=reference)


def _questions(engine: Any, folder: Path, made: Made) -> Iterator[Figure]:
    objects = InMemoryObjects()
    objects.put(MANIFEST, json.dumps(to_plain(made.manifest)).encode())
    lake = ObjectLake(objects, folder)
    year = Period(first_day=FIRST_DAY, until_day=UNTIL_DAY)
    for name in ROWS:
        report = Report.over(year, name, about=_ABOUT.get(name, ""))
        took, worked, rows = _ask(report, lake, engine)
        assert rows, name  # noqa: S101 - an empty answer is no figure
        yield at_most(
            name,
            took,
            "s",
            bar=MOST_SECONDS,
            reference=f"{rows} rows, of a year; p50 of {ROUNDS}; {worked:.1f} s of processor time",
        )


def _ask(report: Report, lake: ObjectLake, engine: Any) -> tuple[float, float, int]:
    took, worked = [], []
    for _ in range(ROUNDS):
        began, busy = time.perf_counter(), time.process_time()
        answer = queries.answer(report, lake, engine)
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - busy)
    return statistics.median(took), statistics.median(worked), len(answer.said[0].rows)


def _merging(engine: Any, folder: Path) -> Iterator[Figure]:
    """Merge a thousand batches of ten events: each day of each table must come out as one file."""
    objects = InMemoryObjects()
    lake = ObjectLake(objects, folder)
    for number in range(1_000):
        lake.land(*landing_of(_batch(number)))
    landed = len(objects.list(LANDING, 2_000))
    began = time.perf_counter()
    merged = projection.merge(lake, engine, now=datetime.now(UTC))
    seconds = time.perf_counter() - began
    files = lake.read_manifest()[0].files
    yield told("merge: facts", merged.rows / seconds, "/s", reference=f"{landed} landed objects")
    yield at_most(
        "files below 64 MB of one day and table",
        max(_small(files).values()), "file", bar=1, reference=f"{len(files)} files; {FULL_MB:g} MB",
    )  # fmt: skip


def _batch(number: int) -> list[Any]:
    from dataclasses import replace
    from uuid import UUID

    placed = ENVELOPES["ordering.basket_line_added.v1"]
    return [
        row
        for each in range(10)
        for row in projection.facts_of(
            replace(placed, event_id=UUID(int=1 + number * 10 + each), version=number * 10 + each)
        )
    ]


def _small(files: Any) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for file in files:
        if file.size_bytes < projection.FULL_BYTES:
            counts[file.place] = counts.get(file.place, 0) + 1
    return counts


if __name__ == "__main__":
    main()
