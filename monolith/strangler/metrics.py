"""How the moving reads stand, for Prometheus, asked of the database when Prometheus asks.

Nothing is kept in the process: whichever of several web workers answers, the answer is the same.
Counters count since midnight (UTC), and begin anew each day.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import structlog
from django.db import Error
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from monolith.strangler.comparison.outcomes import Outcome
from monolith.strangler.counting.statistics import quantile
from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.gates.verdicts import Verdict
from monolith.strangler.reporting.measuring import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.metrics_core import Metric

    from monolith.strangler.reporting.measuring import Measured, PathMeasured

    Rows = Iterable[tuple[list[str], float]]

log = structlog.get_logger(__name__)

HOLDS = ("paused", "frozen", "killed")
AUTOMATIC = ("roll-back", "freeze")
OWN_WRITES = ("reached", "waited", "fell-back", "violated", "lost")
OUTCOMES = tuple(outcome.value for outcome in Outcome if outcome is not Outcome.MOVED)
_QUANTILES = (0.5, 0.95, 0.99)
_MILLISECONDS = 1000


class StranglerCollector(Collector):
    """Where every declared path stands; without the database nothing but `strangler_up` 0."""

    def collect(self) -> Iterator[Metric]:
        """Ask the database, and say what it said."""
        try:
            found = measure(timezone.now())
        except Error as error:
            log.warning("strangler_not_measured", error=str(error).strip())
            yield _gauge("up", "Whether the database answered", 0)
            return
        yield _gauge("up", "Whether the database answered", 1)
        yield from _of_processes(found)
        for name, says, labels, rows in _GAUGES:
            yield _family(GaugeMetricFamily, name, says, labels, found, rows)
        for name, says, labels, rows in _COUNTERS:
            yield _family(CounterMetricFamily, name, says, labels, found, rows)


def strangler_registry() -> CollectorRegistry:
    """Return a registry of the moving reads alone."""
    registry = CollectorRegistry()
    registry.register(StranglerCollector())
    return registry


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"strangler_{name}", says, value=value)


def _family(
    kind: type[GaugeMetricFamily | CounterMetricFamily],
    name: str,
    says: str,
    labels: tuple[str, ...],
    found: Measured,
    rows: Callable[[PathMeasured], Rows],
) -> Metric:
    family = kind(f"strangler_{name}", says, labels=["path", *labels])
    for path in found.paths:
        for values, value in rows(path):
            family.add_metric([path.path, *values], value)
    return family


def _of_processes(found: Measured) -> Iterator[Metric]:
    processes = found.processes
    alive = GaugeMetricFamily(
        "strangler_processes", "Processes that route reads, heard of lately", labels=["kind"]
    )
    for kind, number in sorted(Counter(process.kind for process in processes).items()):
        alive.add_metric([kind], number)
    yield alive
    served = [process.control_version for process in processes]
    codes = {process.code for process in processes}
    for name, says, value in (
        ("control_version", "Number of the newest change of any path", found.control_version),
        (
            "served_control_version",
            "The oldest change that a live process still serves by",
            min(served, default=found.control_version),
        ),
        ("live_codes", "How many releases the live processes run", len(codes)),
        ("watched", "1 while some process holds the watch over all paths", found.is_watched),
        ("sample_key_set", "1 where the values of mismatches can be sealed", found.can_seal),
    ):
        yield _gauge(name, says, value)


def _one(value: float | None) -> Rows:
    return [] if value is None else [([], value)]


def _answers(path: PathMeasured) -> Rows:
    for (series, name), count in sorted(path.today.items()):
        if series == "answer":
            source, _, reason = name.partition(":")
            yield [source, reason], count


def _named(series: str, names: tuple[str, ...] = ()) -> Callable[[PathMeasured], Rows]:
    """Tell a series by name; those that are known are told from the first, as zeros."""

    def rows(path: PathMeasured) -> Rows:
        seen = {name: count for (its, name), count in path.today.items() if its == series}
        return [
            ([name], count) for name, count in sorted({**dict.fromkeys(names, 0), **seen}.items())
        ]

    return rows


def _summed(series: str) -> Callable[[PathMeasured], Rows]:
    return lambda path: [
        ([], sum(count for (its, _), count in path.today.items() if its == series))
    ]


def _actual_share(path: PathMeasured) -> Rows:
    answers = {name: count for (its, name), count in path.lately.items() if its == "answer"}
    total = sum(answers.values())
    served = sum(count for name, count in answers.items() if name.startswith("service:"))
    return _one(served / total if total else None)


def _dead_letters(path: PathMeasured) -> Rows:
    looks = {name: count for (its, name), count in path.lately.items() if its == "dead-letters"}
    return _one(float("some" in looks) if looks else None)


def _latencies(path: PathMeasured) -> Rows:
    for source in ("service", "monolith"):
        for values, seconds in _quantiles(path, f"latency-{source}"):
            yield [source, *values], seconds


def _staleness(path: PathMeasured) -> Rows:
    return _quantiles(path, "staleness")


def _quantiles(path: PathMeasured, series: str) -> Rows:
    counts = path.histogram(series)
    for q in _QUANTILES if counts else ():
        yield [f"{q:g}"], quantile(counts, q) / _MILLISECONDS


def _from_all(
    names: tuple[str, ...], seen: Callable[[PathMeasured], dict[str, float]]
) -> Callable[[PathMeasured], Rows]:
    return lambda path: [([name], seen(path).get(name, 0)) for name in names]


_GAUGES: tuple[tuple[str, str, tuple[str, ...], Callable[[PathMeasured], Rows]], ...] = (
    ("path_stage", "Stage: 0 monolith to 50 retired", (), lambda p: _one(p.stage)),
    ("path_rung", "Rung of the ladder: 0 monolith to 11 retired", (), lambda p: _one(p.rung)),
    (
        "path_hold",
        "1 while the path is held so",
        ("hold",),
        _from_all(HOLDS, lambda p: dict.fromkeys(p.holds, 1.0)),
    ),
    (
        "canary_share",
        "Share of the customers that is set to be answered by the service",
        (),
        lambda p: _one(p.canary_bp / WHOLE),
    ),
    ("service_share", "Share of the last minutes' reads that it answered", (), _actual_share),
    ("read_seconds", "Time of the last minutes' answers", ("source", "quantile"), _latencies),
    ("staleness_seconds", "How long stale answers took to heal", ("quantile",), _staleness),
    (
        "watch_score",
        "Score of a watch; at 1 it raises its alarm",
        ("watch",),
        lambda p: [([name], score) for name, score in sorted(p.watches.items())],
    ),
    (
        "heartbeat_lag_seconds",
        "Age of the newest heartbeat that has arrived at the service",
        (),
        lambda p: _one(p.lag_seconds),
    ),
    ("dead_letters", "1 if a look of the last minutes found dead letters", (), _dead_letters),
    (
        "reconciled_age_seconds",
        "How long ago the latest whole reconciliation began",
        (),
        lambda p: _one(p.reconciled.age_seconds),
    ),
    (
        "differing_keys",
        "Keys that differed in it",
        (),
        lambda p: _one(p.reconciled.differing if p.reconciled.run else None),
    ),
    (
        "unsettled_keys",
        "Keys that it could not compare",
        (),
        lambda p: _one(p.reconciled.unsettled if p.reconciled.run else None),
    ),
    (
        "open_signatures",
        "Kinds of disagreement that nobody has explained",
        (),
        lambda p: _one(p.open_signatures),
    ),
    (
        "gates",
        "Gates before the next rung, by what they said last",
        ("verdict",),
        _from_all(tuple(verdict.value for verdict in Verdict), lambda p: dict(p.gates)),
    ),
)

_COUNTERS: tuple[tuple[str, str, tuple[str, ...], Callable[[PathMeasured], Rows]], ...] = (
    ("answers", "Answered reads", ("source", "reason"), _answers),
    ("unanswered_reads", "Reads without any answer", (), _summed("unanswered")),
    ("comparisons", "Outcomes of comparisons", ("outcome",), _named("compare", OUTCOMES)),
    (
        "verified_answers",
        "The same, of answers that customers were shown by the service",
        ("outcome",),
        _named("verify", OUTCOMES),
    ),
    (
        "own_write_reads",
        "Reads of the service by whether they held what their reader wrote",
        ("result",),
        _named("ryw", OWN_WRITES),
    ),
    ("dropped_comparisons", "Comparisons that were not made", ("why",), _named("dropped")),
    ("harness_failures", "Hooks of comparisons that raised", ("hook",), _named("harness")),
    ("breaker_openings", "Breakers that opened", (), _summed("breaker")),
    ("old_path_calls", "Reads that the monolith's own query answered", (), _summed("old-path")),
    (
        "automatic_changes",
        "Changes that an alarm made, ever",
        ("kind",),
        _from_all(AUTOMATIC, lambda p: dict(p.automatic)),
    ),
)
