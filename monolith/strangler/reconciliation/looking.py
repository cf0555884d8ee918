"""Looks at keys one by one, page by page: what is said here is what counts."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from monolith.strangler.calling.clients import ServiceError, ServiceRefused
from monolith.strangler.comparison import Difference, Kind
from monolith.strangler.reconciliation.asking import AnswerWithoutEnd
from monolith.strangler.reconciliation.outcomes import Finding, Outcome, outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from monolith.strangler.reconciliation.asking import BothSides
    from monolith.strangler.registry import MovingRead

# A service says so of a key whose snapshot has not arrived: `history-not-complete`.
_NOT_COMPLETE = "-not-complete"


def look_at(
    sides: BothSides, threads: ThreadPoolExecutor, keys: Sequence[str]
) -> Iterator[Finding | None]:
    """Yield a finding for each key in turn, or None where the answers match.

    The service's answers arrive while the monolith's are read.
    """
    asked = [threads.submit(sides.service_pages, key) for key in keys]
    for key, answering in zip(keys, asked, strict=True):
        yield _finding(sides, key, answering)


def _finding(sides: BothSides, key: str, answering: Future[list[Any]]) -> Finding | None:
    monolith = sides.monolith_pages(key)
    try:
        service: list[Any] | None = answering.result()
    except ServiceRefused as error:
        if not error.problem.endswith(_NOT_COMPLETE):
            return Finding(key, Outcome.ERROR)
        service = None
    except (ServiceError, AnswerWithoutEnd):
        return Finding(key, Outcome.ERROR)
    found = _compare(sides.path, monolith, service or [])
    outcome = outcome_of(
        monolith_versions=map(sides.path.version_of, monolith),
        service_versions=None if service is None else map(sides.path.version_of, service),
        found=found,
    )
    return None if outcome is Outcome.MATCH else Finding(key, outcome, found)


def _compare(
    path: MovingRead[Any, Any], monolith: list[Any], service: list[Any]
) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for number, (ours, theirs) in enumerate(zip_longest(monolith, service)):
        if ours is None or theirs is None:
            kind = Kind.EXTRA if ours is None else Kind.MISSING
            found.append(Difference(f"pages[{number}]", kind))
        else:
            found += path.compare(ours, theirs)
    return tuple(found)
