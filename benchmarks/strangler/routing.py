"""What asking through the strangler costs a read that the monolith answers."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.test import RequestFactory

from benchmarks.figures import Figure, at_most, told
from benchmarks.outbox.rounds import percentile
from benchmarks.strangler.scene import PATH
from event_contracts.order_history import OrderHistoryQuery
from monolith.strangler import registry, routing, shadowing
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.decision import Source
from monolith.strangler.routing.request_reads import RequestReads, noting_reads
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.strangler.scene import Scene

READS, WARM_UP = 600, 50
MOST_MILLISECONDS = 0.2
_DRAIN_SECONDS = 5.0


def measure(scene: Scene) -> list[Figure]:
    """Read in turns, through the strangler and without it, on both rungs where nobody moved."""
    return [figure for rung in ("monolith", "shadow-100") for figure in _on(scene, rung)]


def _on(scene: Scene, rung: str) -> list[Figure]:
    query = OrderHistoryQuery(customer_id=scene.customer_id)
    scene.stand(rung)
    with _as_in_a_process_with_a_pulse():
        _assert_answers(query)
        routed, direct = _in_turns(query)
        statements = _statements(lambda: _routed(query)) - _statements(lambda: _direct(query))
    cost = percentile(routed, 0.5) - percentile(direct, 0.5)
    reference = f"the monolith's answer alone: p50 {percentile(direct, 0.5):.2f} ms"
    return [
        at_most(f"{rung}: routing adds, p50", cost, "ms", bar=MOST_MILLISECONDS,
                reference=reference),
        told(f"{rung}: routing adds, p95", percentile(routed, 0.95) - percentile(direct, 0.95),
             "ms", reference=f"p95 {percentile(direct, 0.95):.2f} ms"),
        at_most(f"{rung}: statements more", statements, "statements", bar=0,
                reference=f"the answer takes {_statements(lambda: _direct(query))}"),
    ]  # fmt: skip


@contextmanager
def _as_in_a_process_with_a_pulse() -> Iterator[None]:
    """Let no reader look for what is in force: somebody else does, as wherever pages are served."""
    controls.cache.is_driven = True
    controls.cache.poll()
    try:
        yield
    finally:
        controls.cache.is_driven = False


def _assert_answers(query: Any) -> None:
    answered = routing.answer(PATH, query)
    assert answered.source is Source.MONOLITH, answered.reason  # noqa: S101


def _in_turns(query: Any) -> tuple[list[float], list[float]]:
    times: dict[str, list[float]] = {"routed": [], "direct": []}
    contestants = [("routed", _routed), ("direct", _direct)]
    gc.disable()
    for number in range(READS + WARM_UP):
        controls.cache.poll()  # as the pulse would have, but outside of what is measured
        for name, read in contestants if number % 2 else reversed(contestants):
            took = read(query)
            if number >= WARM_UP:
                times[name].append(took)
        tallies.take()
        gc.collect(0)
    gc.enable()
    return times["routed"], times["direct"]


def _routed(query: Any) -> float:
    """Read as a request does, and return its milliseconds; the comparison comes after them."""
    reads = RequestReads(RequestFactory().get("/"))
    with noting_reads(reads):
        began = time.perf_counter()
        routing.answer(PATH, query)
        took = (time.perf_counter() - began) * 1000
    for compare in reads.afterwards:
        compare()
    shadowing.drain(_DRAIN_SECONDS)
    return took


def _direct(query: Any) -> float:
    path = registry.get_path(PATH)
    began = time.perf_counter()
    path.ask_monolith(query)
    return (time.perf_counter() - began) * 1000


def _statements(read: Callable[[], object]) -> int:
    """Count what this thread asks of the database."""
    counted = 0

    def count(execute: Any, *arguments: Any) -> Any:
        nonlocal counted
        counted += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        read()
    return counted
