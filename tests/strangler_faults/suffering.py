"""Lets a fault happen, waits until the machine has dealt with it, and says what customers saw."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.waiting import NeverHappened
from tests.strangler_faults.crowd import count_verdicts
from tests.strangler_faults.results import DETECTED_SECONDS, EFFECTIVE_SECONDS, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.strangler_faults.crowd import Page
    from tests.strangler_faults.testbed import Fall, Testbed

# Reads of each process after the path was taken from its service: to see that it stays so.
_AFTERWARDS = 25


def suffer(
    testbed: Testbed,
    fault: str,
    rung: str,
    begin: Callable[[], object],
    *,
    may_be_wrong: bool = False,
    by_hand: bool = False,
    most_reads: float = float("inf"),
) -> Result:
    """Let a fault begin; it is over when the machine has taken the path from its service.

    `by_hand`: somebody takes it. After `most_reads` nobody waits for the machine any longer.
    """
    newest, began = testbed.newest_change(), time.time()
    begin()
    fallen = _wait_until_off(testbed, newest, began, most_reads, "human" if by_hand else "auto")
    if fallen:
        testbed.wait_for_pages(_AFTERWARDS, since=fallen[-1].at + EFFECTIVE_SECONDS / 2)
        _wait_for_effects(testbed, fallen)
    pages = testbed.crowd.since(began)
    return Result(
        fault=fault,
        rung=rung,
        seen=count_verdicts(pages),
        by_service=len(_by_service(pages)),
        slowest=_slowest(pages),
        detected=fallen[0].at - began if fallen else None,
        effective=_effective(testbed, fallen, pages) if fallen and fallen[-1].is_off else None,
        now=fallen[-1].rung if fallen else rung,
        because=fallen[0].reason if fallen else "",
        may_be_wrong=may_be_wrong,
    )


def suffer_in_shadow(
    testbed: Testbed, fault: str, rung: str, begin: Callable[[], object], *, watch: str
) -> Result:
    """Let a fault begin where the service answers nobody: it is over when its watch alarms."""
    began = time.time()
    begin()
    _try_to_wait(testbed, lambda: testbed.alarmed_at(watch) > began)
    alarmed = testbed.alarmed_at(watch)
    pages = testbed.crowd.since(began)
    return Result(
        fault=fault,
        rung=rung,
        seen=count_verdicts(pages),
        by_service=len(_by_service(pages)),
        slowest=_slowest(pages),
        detected=alarmed - began if alarmed > began else None,
        effective=0.0,
        now=rung,
        because=f"the watch of {watch} answers; nobody was served",
    )


def suffer_silently(
    testbed: Testbed, fault: str, rung: str, begin: Callable[[], object], *, reason: str
) -> Result:
    """Let a fault begin that each process deals with by itself: it says this as its reason."""
    began = time.time()
    begin()

    def speaks(name: str) -> bool:
        pages = [page for page in testbed.crowd.since(began) if page.process == name]
        return len(pages) >= _AFTERWARDS and all(
            page.reason == reason for page in pages[-_AFTERWARDS:]
        )

    _try_to_wait(testbed, lambda: all(speaks(name) for name in testbed.addresses))
    pages = testbed.crowd.since(began)
    said = [page.began for page in pages if page.reason == reason]
    last = max((page.ended for page in _by_service(pages)), default=began)
    return Result(
        fault=fault,
        rung=rung,
        seen=count_verdicts(pages),
        by_service=len(_by_service(pages)),
        slowest=_slowest(pages),
        detected=min(said) - began if said else None,
        effective=max(last - min(said), 0) if said else None,
        now="monolith answers",
        because=reason,
    )


def _wait_until_off(
    testbed: Testbed, newest: int, began: float, most_reads: float, kind: str
) -> list[Fall]:
    def is_over() -> bool:
        falls = testbed.falls(newest, kind)
        is_off = bool(falls) and falls[-1].is_off
        return is_off or len(testbed.crowd.since(began)) >= most_reads

    _try_to_wait(testbed, is_over)
    return testbed.falls(newest, kind)


def _try_to_wait(testbed: Testbed, condition: Callable[[], bool]) -> None:
    try:
        # A little longer than the contract, so that the table tells by how much it was missed.
        testbed.wait_for(condition, "the end of it", seconds=2 * DETECTED_SECONDS)
    except NeverHappened:
        return


def _wait_for_effects(testbed: Testbed, fallen: list[Fall]) -> None:
    _try_to_wait(testbed, lambda: testbed.effect(fallen[-1].id) is not None)


def _effective(testbed: Testbed, fallen: list[Fall], pages: list[Page]) -> float:
    """Return the longest of what processes measured for each fall and what customers saw."""
    measured = [testbed.effect(fall.id) for fall in fallen]
    last = max((page.ended for page in _by_service(pages)), default=0)
    return max([last - fallen[-1].at, *(length for length in measured if length is not None), 0])


def _by_service(pages: list[Page]) -> list[Page]:
    return [page for page in pages if page.source == "service"]


def _slowest(pages: list[Page]) -> float:
    return max((page.ended - page.began for page in pages), default=0)
