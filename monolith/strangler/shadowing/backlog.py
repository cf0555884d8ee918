"""What waits to be compared: bounded, and everything is accounted for.

The oldest goes first; but what a customer was shown by the service goes before what nobody was
shown, for every moment more that it is wrong somebody sees it.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.mismatches import observing

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.shadowing.dark import Dark
    from monolith.strangler.shadowing.rechecks import Open, Rechecks

MOST_WAITING = 200
# What was shown longer ago is compared with another time's answer.
OLDEST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where everything offered has gone: offered = compared + dropped + waiting + running."""

    offered: int
    compared: int
    dropped: int
    waiting: int
    running: int
    open: int


class Backlog:
    """Dark reads and open comparisons; whoever takes one says afterwards what became of it."""

    def __init__(
        self, *, clock: Callable[[], float], most: int = MOST_WAITING, rechecks: Rechecks
    ) -> None:
        self._clock, self._most = clock, most
        self.changed = threading.Condition()
        self._shown: deque[tuple[float, Dark]] = deque()
        self._unshown: deque[tuple[float, Dark]] = deque()
        self._rechecks = rechecks
        self._counts: Counter[str] = Counter()
        self._is_open_next = False

    def offer(self, dark: Dark) -> None:
        """Let a dark read wait; if too many do, the oldest is dropped, unshown ones first."""
        with self.changed:
            self._counts["offered"] += 1
            if self._waiting >= self._most:
                self._drop((self._unshown or self._shown).popleft()[1], "queue-full")
            (self._shown if dark.was_shown else self._unshown).append((self._clock(), dark))
            self.changed.notify()

    def put_off(self, opened: Open, *, seconds: float = 0) -> None:
        """Let an open comparison wait until it is due, and for so long at least."""
        with self.changed:
            if self._rechecks.add(opened, not_before=self._clock() + seconds if seconds else 0):
                self.changed.notify()
            else:
                observing.dropped(opened.path.name, "rechecks-full")

    def take(self) -> Dark | Open | None:
        """Take what is due: dark reads and open comparisons in turn, so that neither starves."""
        with self.changed:
            self._is_open_next = not self._is_open_next
            if self._is_open_next:
                return self._take_open() or self._take_dark()
            return self._take_dark() or self._take_open()

    def done(self, dark: Dark, *, dropped: str | None = None) -> None:
        """Account for a dark read that was taken: it was compared, or dropped, and why."""
        with self.changed:
            self._counts["running"] -= 1
            if dropped is None:
                self._counts["compared"] += 1
            else:
                self._drop(dark, dropped)
            self.changed.notify_all()

    def settled(self, opened: Open, *, dropped: str | None = None) -> None:
        """Account for an open comparison that was taken: looked at, or dropped, and why."""
        with self.changed:
            self._counts["looking"] -= 1
            if dropped is not None:
                observing.dropped(opened.path.name, dropped)
            self.changed.notify_all()

    def clear(self, why: str) -> None:
        """Drop everything that waits."""
        with self.changed:
            for _, dark in (*self._shown, *self._unshown):
                self._drop(dark, why)
            self._shown.clear()
            self._unshown.clear()
            self.let_go(None, why)

    def let_go(self, path: str | None, why: str) -> None:
        """Drop the open comparisons of a path, or all of them."""
        with self.changed:
            for opened in self._rechecks.take_all(path):
                observing.dropped(opened.path.name, why)
            self.changed.notify_all()

    @property
    def next_at(self) -> float:
        """When something is due: at once if a dark read waits, infinite if nothing does."""
        return float("-inf") if self._waiting else self._rechecks.next_at

    @property
    def is_idle(self) -> bool:
        """Whether no dark read waits and nothing is being compared; open comparisons may wait."""
        return not (self._waiting or self._counts["running"] or self._counts["looking"])

    def status(self) -> Status:
        """Say where everything offered has gone."""
        with self.changed:
            counts = self._counts
            return Status(
                offered=counts["offered"],
                compared=counts["compared"],
                dropped=counts["dropped"],
                waiting=self._waiting,
                running=counts["running"],
                open=len(self._rechecks),
            )

    @property
    def _waiting(self) -> int:
        return len(self._shown) + len(self._unshown)

    def _take_dark(self) -> Dark | None:
        while self._waiting:
            offered_at, dark = (self._shown or self._unshown).popleft()
            if self._clock() - offered_at <= OLDEST_SECONDS:
                self._counts["running"] += 1
                return dark
            self._drop(dark, "too-old")
        return None

    def _take_open(self) -> Open | None:
        opened = self._rechecks.take_due(self._clock())
        if opened is not None:
            self._counts["looking"] += 1
        return opened

    def _drop(self, dark: Dark, why: str) -> None:
        self._counts["dropped"] += 1
        observing.dropped(dark.path.name, why)
