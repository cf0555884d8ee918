"""Does what waits: compares, tells what came of it, and lets nothing escape."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from monolith.strangler.comparison import Next, Outcome, conclude
from monolith.strangler.comparison.rechecking import Turn, turn_of
from monolith.strangler.mismatches import observing
from monolith.strangler.shadowing import looking
from monolith.strangler.shadowing.hooks import HookFailed, hook
from monolith.strangler.shadowing.rechecks import Open, glance, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.comparison.finished import Comparison, Glance
    from monolith.strangler.shadowing.backlog import Backlog
    from monolith.strangler.shadowing.dark import Dark

logger = structlog.get_logger(__name__)

BUSY, BROKEN = "monolith-busy", "harness"
# How long open comparisons wait while the monolith is busy; dark reads are dropped meanwhile.
BUSY_SECONDS = 5.0


class Work:
    """Works off a backlog in pieces. `breathe` waits between them; `busy` says why not now."""

    def __init__(
        self,
        backlog: Backlog,
        *,
        clock: Callable[[], float],
        breathe: Callable[[], object],
        busy: Callable[[], str | None],
        is_drawn_for_noise: Callable[[], bool] = looking.is_drawn_for_noise,
    ) -> None:
        self._backlog, self._clock = backlog, clock
        self._breathe, self._busy = breathe, busy
        self._is_drawn_for_noise = is_drawn_for_noise

    def do_one(self) -> bool:
        """Do what is due; return whether anything was. Never raises."""
        taken = self._backlog.take()
        if taken is None:
            return False
        if isinstance(taken, Open):
            self._backlog.settled(taken, dropped=self._guarded(taken, self._look_again))
        else:
            self._backlog.done(taken, dropped=self._guarded(taken, self._look_first))
        return True

    def _guarded(self, taken: Dark | Open, act: Callable[..., str | None]) -> str | None:
        try:
            return act(taken)
        except HookFailed as error:
            observing.hook_failed(taken.path.name, error.hook)
        except Exception as error:  # noqa: BLE001 - nobody waits who could be told
            # Without its message: that could hold a value.
            logger.error("comparison failed", path=taken.path.name, error=type(error).__name__)  # noqa: TRY400
            observing.hook_failed(taken.path.name, "shadowing")
        return BROKEN

    def _look_first(self, dark: Dark) -> str | None:
        if self._busy() is not None:
            return BUSY
        self._breathe()
        comparison = looking.first_look(
            dark, breathe=self._breathe, is_read_twice=self._is_drawn_for_noise()
        )
        now = self._clock()
        self._breathe()
        first = replace(comparison, looks=(glance(comparison, seconds=0),))
        self._store(first.path, lambda: observing.compared(first))
        if comparison.judged.next is Next.LOOK_LATER:
            self._backlog.put_off(opened(dark.path, first, at=now))
        return None

    def _look_again(self, opened: Open) -> None:
        if self._busy() is not None:
            self._backlog.put_off(opened, seconds=BUSY_SECONDS)
            return
        self._breathe()
        comparison = looking.fresh_look(
            opened.path, opened.first.query, was_shown=opened.first.was_shown
        )
        seconds = self._clock() - opened.began_at
        seen = glance(comparison, seconds=seconds)
        turn = turn_of(opened.first.judged, comparison.judged, is_last=opened.is_last)
        if turn is Turn.AGAIN:
            self._backlog.put_off(opened.after(seen))
            return
        final = _final(opened, comparison, turn, seen)
        self._store(
            final.path,
            lambda: observing.looked_again(final, turn, milliseconds=seconds * 1000),
        )

    def _store(self, path: str, take_in: Callable[[], None]) -> None:
        """Hand over what was found; that it could not be kept does not make it unseen."""
        try:
            with hook("storing"):
                take_in()
        except HookFailed as error:
            observing.hook_failed(path, error.hook)


def _final(opened: Open, last: Comparison, turn: Turn, seen: Glance) -> Comparison:
    """Return the comparison that tells best what is wrong: the last one, if it got that far."""
    looks = (*opened.looks, seen)
    if turn is not Turn.OVERDUE:
        return replace(last, looks=looks)
    concluded = conclude(last.judged)
    if concluded.outcome in {Outcome.STALE_OVERDUE, Outcome.WRONG}:
        return replace(last, judged=concluded, looks=looks)
    return replace(opened.first, judged=conclude(opened.first.judged), looks=looks)
