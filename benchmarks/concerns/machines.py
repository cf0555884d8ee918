"""Two machines out of one: the monolith and its database on one core, everything else on the other.

Before a read has moved, nothing else works; afterwards a service must not take from the monolith
what it would not take on AWS. Without it, one machine's cores would be what is measured.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.running import RunningShop

MONOLITH = ("postgres", "web", "worker", "beat")


def divide(shop: RunningShop) -> str:
    """Give every process of the shop its core; say so in a few words.

    Where there is one core only, or cores cannot be chosen, all share what there is.
    """
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:  # noqa: PLR2004
        return "all on one core"
    monolith, others = {cores[0]}, set(cores[1:])
    for name, pid in shop.addresses["processes"].items():
        for thread in _threads(pid):
            with suppress(ProcessLookupError):
                os.sched_setaffinity(thread, monolith if name in MONOLITH else others)
    os.sched_setaffinity(0, others)
    return f"the monolith and PostgreSQL on one core, everything else on {len(others)}"


def join_the_monolith() -> None:
    """Move this process to the monolith's core."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})


def _threads(pid: int) -> Iterator[int]:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            yield from (int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir())
