"""`make bench-rest`: what a quiet shop costs, in memory and processor time, per process."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.figures import Figure, at_most, publish, told
from infra.local.running import RunningShop, run_shop
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

OBSERVED_SECONDS = 60
MOST_MEGABYTES = 1500
MOST_PERCENT_OF_A_CORE = 10


def main() -> None:
    """Open a quiet shop, let it settle, observe it."""
    with (
        tempfile.TemporaryDirectory(prefix="banyan-rest-") as folder,
        run_shop(Path(folder)) as shop,
    ):
        _settle(shop)
        figures = _observe(shop)
    sys.exit(not publish("rest", figures))


def _settle(shop: RunningShop) -> None:
    """Wait until start-up work is over: two looks in a row that find next to nothing going on."""

    def is_quiet() -> bool:
        before = _processor_seconds(_members(shop))
        time.sleep(2)  # the length of one look, not a hope
        return _processor_seconds(_members(shop)) - before < 0.4  # noqa: PLR2004

    wait_until(lambda: is_quiet() and is_quiet(), "a settled shop", seconds=120)


def _observe(shop: RunningShop) -> list[Figure]:
    before = {name: _processor_seconds(members) for name, members in _families(shop).items()}
    began = time.monotonic()
    time.sleep(OBSERVED_SECONDS)
    seconds = time.monotonic() - began
    figures, all_megabytes, all_percent = [], 0.0, 0.0
    for name, members in _families(shop).items():
        megabytes = sum(_megabytes(member) for member in members)
        percent = 100 * (_processor_seconds(members) - before[name]) / seconds
        figures.append(told(f"{name}: memory", megabytes, "MB", reference="proportional set size"))
        figures.append(told(f"{name}: processor", percent, "% of a core"))
        all_megabytes += megabytes
        all_percent += percent
    return [
        *figures,
        at_most("all: memory", all_megabytes, "MB", bar=MOST_MEGABYTES,
                reference=f"machine has {psutil.virtual_memory().total / 1e6:,.0f} MB"),
        at_most("all: processor", all_percent, "% of a core", bar=MOST_PERCENT_OF_A_CORE,
                reference=f"over {seconds:.0f} s"),
    ]  # fmt: skip


def _families(shop: RunningShop) -> dict[str, list[psutil.Process]]:
    roots = {**shop.addresses["processes"], "supervisor": shop.addresses["pid"]}
    claimed = set(shop.addresses["processes"].values())
    return {name: _family(pid, claimed) for name, pid in roots.items()}


def _family(pid: int, claimed: set[int]) -> list[psutil.Process]:
    root = psutil.Process(pid)
    if pid not in claimed:
        return [root]
    return [root, *root.children(recursive=True)]


def _members(shop: RunningShop) -> list[psutil.Process]:
    return [member for family in _families(shop).values() for member in family]


def _processor_seconds(members: Iterable[psutil.Process]) -> float:
    """Sum up their times, and those of their children that have ended: some come and go."""
    total = 0.0
    for member in members:
        try:
            times = member.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _megabytes(member: psutil.Process) -> float:
    """Proportional set size: pages that processes share are counted once in the sum."""
    try:
        memory = member.memory_full_info()
    except psutil.NoSuchProcess:  # ended while the others were looked at
        return 0.0
    return float(getattr(memory, "pss", 0) or memory.rss) / 1e6


if __name__ == "__main__":
    main()
