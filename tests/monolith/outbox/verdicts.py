"""The judge: were events lost, reordered or repeated? Tested itself, with a broken relay."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


class Delivered(NamedTuple):
    """One publication, in the order in which the broker accepted them."""

    event_id: str
    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`inversions` are as a FIFO consumer sees them: repetitions of an event are dropped first."""

    lost: int
    inversions: int
    duplicates: int


def judge(recorded: Iterable[UUID | str], delivered: Iterable[Delivered]) -> Verdict:
    """Compare what was recorded with what was published."""
    delivered = list(delivered)
    times = Counter(publication.event_id for publication in delivered)
    return Verdict(
        lost=len(set(map(str, recorded)) - times.keys()),
        inversions=_inversions(delivered),
        duplicates=sum(count - 1 for count in times.values()),
    )


def _inversions(delivered: list[Delivered]) -> int:
    seen: set[str] = set()
    latest: dict[str, int] = {}
    inversions = 0
    for event_id, stream, version in delivered:
        if event_id in seen:
            continue
        seen.add(event_id)
        inversions += version < latest.get(stream, 0)
        latest[stream] = max(version, latest.get(stream, 0))
    return inversions
