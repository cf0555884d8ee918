"""One stage: the same load for the same time, with some of the paths moved."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.concerns import database, reading
from benchmarks.concerns.clients import alone, are_served, visiting
from benchmarks.concerns.visits import REPORTS
from infra.local.running import ROOT, RunningShop
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.concerns.clients import Crowd, Look, Looks
    from benchmarks.concerns.database import DatabaseLoad

WARM_UP_SECONDS = 8.0
SECONDS_PER_INVOICE = 0.8
_PAGES_ALONE = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What was seen while these paths, and no others, were answered by their services."""

    moved: tuple[str, ...]
    looks: dict[str, list[Look]]
    reads: dict[str, list[float]]
    orders: list[float]
    load: DatabaseLoad
    handlers: dict[str, list[float]]
    errors: list[str]

    @property
    def name(self) -> str:
        """How people would call it."""
        return f"+ {self.moved[-1]}" if self.moved else "monolith alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The mixed load: who reads, and the file that trade is replayed from."""

    shop: RunningShop
    crowds: Sequence[Crowd]
    trade: Path
    measured_seconds: float
    warm_up_seconds: float = WARM_UP_SECONDS

    def __str__(self) -> str:
        """Say what is asked for, in a few words."""
        asked = (f"{crowd.path} {crowd.pages_per_second:.1f}" for crowd in self.crowds)
        return f"pages a second: {', '.join(asked)}; an invoice every {SECONDS_PER_INVOICE:g} s"


def to_the_limit(load: Load) -> Load:
    """Let staff ask for as many reports as the monolith answers while nobody else asks it anything.

    With customers and trade that is somewhat more than it has, however fast the machine is.
    """
    _stand(load, ())
    return replace(load, crowds=[_to_the_limit(load, crowd) for crowd in load.crowds])


def _to_the_limit(load: Load, crowd: Crowd) -> Crowd:
    if crowd.path != REPORTS:
        return crowd
    took = median(alone(load.shop.addresses["web"], crowd, _PAGES_ALONE))
    return replace(crowd, pages_per_second=1000 / took)


def run(load: Load, moved: tuple[str, ...]) -> Stage:
    """Stand the paths where they belong, let their services and the load warm up, and measure."""
    _stand(load, moved)
    _wake(load, moved)
    times = load.shop.state_dir / f"orders-{len(moved)}-{time.time():.0f}.txt"
    with _trading(load, times), visiting(load.shop.addresses["web"], load.crowds) as looks:
        time.sleep(load.warm_up_seconds)  # a length that was asked for, not a hope
        began = time.time()
        with database.watching(load.shop.addresses["postgres"]) as seen:
            time.sleep(load.measured_seconds)
        ended = time.time()
    measured = _between(looks, began, ended)
    return Stage(
        moved=moved,
        looks=measured,
        reads=reading.milliseconds_by_path(measured),
        orders=_orders(times, began, ended),
        load=seen,
        handlers=_handler_times(load.shop, began, ended),
        errors=looks.errors,
    )


def _stand(load: Load, moved: tuple[str, ...]) -> None:
    from django.utils import timezone

    from monolith.strangler import operations
    from monolith.strangler.models import Transition
    from monolith.strangler.state import effects

    for crowd in load.crowds:
        rung = "service" if crowd.path in moved else "monolith"
        operations.place(
            path=crowd.path, rung=rung, actor="benchmark", reason="to be measured",
            at=timezone.now(),
        )  # fmt: skip
    newest = Transition.objects.latest("pk").pk

    def is_in_force() -> bool:
        workers = effects.live_workers(timezone.now())
        return all(worker.control_version >= newest for worker in workers)

    wait_until(is_in_force, "the rungs in force everywhere", seconds=30)


def _wake(load: Load, moved: tuple[str, ...]) -> None:
    """Open the pages of a path that moved until as many clients as there are get its answers.

    On AWS a canary has warmed a service before it stands alone. What a cold start takes is
    measured by another benchmark.
    """
    for crowd in load.crowds:
        if crowd.path in moved:
            wait_until(
                lambda crowd=crowd: are_served(load.shop.addresses["web"], crowd),  # type: ignore[misc]
                f"answers of {crowd.path}",
                seconds=120,
            )


@contextmanager
def _trading(load: Load, times: Path) -> Iterator[None]:
    times.touch()
    words = [str(load.trade), str(SECONDS_PER_INVOICE), str(times)]
    with (load.shop.state_dir / "trading.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.concerns.trading", *words],
            cwd=ROOT,
            env=load.shop.environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: times.stat().st_size > 0, "the first order", seconds=60)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def _between(looks: Looks, began: float, ended: float) -> dict[str, list[Look]]:
    return {
        path: [look for look in looks.since(path, began) if look.meant_at < ended]
        for path in looks.by_path
    }


def _orders(times: Path, began: float, ended: float) -> list[float]:
    pairs = (line.split() for line in times.read_text().splitlines())
    return [float(took) for at, took in pairs if began <= float(at) < ended]


def _handler_times(shop: RunningShop, began: float, ended: float) -> dict[str, list[float]]:
    """Read what the services say of their own time, out of the Lambda host's log."""
    found: dict[str, list[float]] = {}
    for line in _lines(shop.state_dir / "logs" / "lambda-host.log"):
        if line.get("message") == "request answered" and _is_of_a_page(line):
            at = line["_aws"]["Timestamp"] / 1000
            if began <= at < ended:
                found.setdefault(line["service"], []).append(float(line["duration_ms"]))
    return found


def _is_of_a_page(line: dict[str, Any]) -> bool:
    # All that both can tell is one request of the page of reports. Besides that, its service is
    # asked what it alone can tell, for heartbeats, and single questions that are compared.
    return line["service"] != "sales_insights" or "takings_by_day," in line["path"]


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    with log.open(errors="replace") as file:
        for line in file:
            start = line.find("{")
            try:
                parsed = json.loads(line[start:]) if start >= 0 else None
            except ValueError:
                continue
            if isinstance(parsed, dict):
                yield parsed
