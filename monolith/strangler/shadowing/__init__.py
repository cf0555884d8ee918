"""Compares reads after they were answered, at nobody's expense.

A request only lets its read wait in a bounded queue. Threads of the same process ask the other side
within a budget, in moments when the process answers nobody, and hand what they find to `observing`.
Nothing raised in here reaches anybody, and whatever is not compared is counted.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from monolith.strangler.mismatches import observing
from monolith.strangler.shadowing.backlog import Backlog, Status
from monolith.strangler.shadowing.courtesy import courtesy, listen
from monolith.strangler.shadowing.dark import Dark
from monolith.strangler.shadowing.pressure import Pressure, look
from monolith.strangler.shadowing.rechecks import Rechecks
from monolith.strangler.shadowing.threads import Threads
from monolith.strangler.shadowing.work import Work

__all__ = ["Dark", "Status", "drain", "let_go", "offer", "status", "stop"]

# How long a piece of work waits for the process to be quiet. Under a load that never ends it goes
# on after that: each comparison has three pieces.
PATIENCE_SECONDS = 0.1
_STOP_SECONDS = 5.0


class _Shadow:
    """All of it, once per process."""

    def __init__(self) -> None:
        clock = time.monotonic
        self.backlog = Backlog(clock=clock, rechecks=Rechecks())
        self.work = Work(
            self.backlog,
            clock=clock,
            breathe=lambda: courtesy.wait(PATIENCE_SECONDS),
            busy=Pressure(look).why,
        )
        self.threads = Threads(self.backlog, self.work, clock=clock)


_shadow = _Shadow()


def offer(dark: Dark) -> None:
    """Let a read be compared later. Takes microseconds, never waits, never raises."""
    try:
        _shadow.backlog.offer(dark)
        _shadow.threads.wake()
    except Exception:  # noqa: BLE001 - nothing may come between a customer and their answer
        with suppress(Exception):
            observing.hook_failed(dark.path.name, "offer")


def drain(seconds: float) -> bool:
    """Wait until everything offered was compared or dropped; return whether that came in time.

    Comparisons that their first look left open may still wait for a later one.
    """
    backlog = _shadow.backlog
    with backlog.changed:
        return backlog.changed.wait_for(lambda: backlog.is_idle, seconds)


def let_go(path: str) -> None:
    """Drop what waits for a later look of a path whose answers are no longer what they were."""
    _shadow.backlog.let_go(path, "let-go")


def status() -> Status:
    """Say where everything offered in this process has gone."""
    return _shadow.backlog.status()


def stop() -> bool:
    """Drop what waits and end the threads, for a process that ends; return whether they did."""
    _shadow.backlog.clear("stopping")
    return _shadow.threads.stop(_STOP_SECONDS)


def _begin_anew() -> None:
    """In a forked child: the parent's threads are not here, and its locks may be held for ever."""
    global _shadow  # noqa: PLW0603 - the process's one
    courtesy.forget()
    _shadow = _Shadow()


listen()
os.register_at_fork(after_in_child=_begin_anew)
