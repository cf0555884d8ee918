"""The judge: were events lost, invented, reordered or repeated? Tested with broken relays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from uuid import UUID

    from tests.monolith.outbox.faults.sink import Publication


@dataclass(frozen=True, slots=True)
class Verdict:
    """`inversions` are as a FIFO consumer sees them: repetitions of an event are dropped first.

    `phantoms` are events that were published though nobody recorded them.
    """

    lost: int
    inversions: int
    duplicates: int
    phantoms: int = 0


class Repetition(NamedTuple):
    """An event published again: its publications before and now, and the position of this one."""

    before: Publication
    again: Publication
    position: int


def judge(recorded: Iterable[UUID | str], published: Sequence[Publication]) -> Verdict:
    """Compare the ids of the events that were committed with what the broker accepted."""
    expected = {str(event_id) for event_id in recorded}
    found = {publication.event_id for publication in published}
    return Verdict(
        lost=len(expected - found),
        inversions=_inversions(published),
        duplicates=len(published) - len(found),
        phantoms=len(found - expected),
    )


def repetitions(published: Sequence[Publication]) -> list[Repetition]:
    """Return every publication of an event that the broker had accepted before."""
    latest: dict[str, Publication] = {}
    found = []
    for position, publication in enumerate(published):
        before = latest.get(publication.event_id)
        if before is not None:
            found.append(Repetition(before, publication, position))
        latest[publication.event_id] = publication
    return found


def most_per_fault(
    repeated: Iterable[Repetition], fault_of: Callable[[Repetition], Hashable]
) -> int:
    """Return the most repetitions that one fault caused; those without a fault (None) are left out.

    `fault_of` says which fault a repetition comes from.
    """
    caused = Counter(
        fault for repetition in repeated if (fault := fault_of(repetition)) is not None
    )
    return max(caused.values(), default=0)


def _inversions(published: Iterable[Publication]) -> int:
    seen: set[str] = set()
    latest: dict[str, int] = {}
    inversions = 0
    for publication in published:
        if publication.event_id in seen:
            continue
        seen.add(publication.event_id)
        version, newest = publication.version, latest.get(publication.stream, 0)
        inversions += version < newest
        latest[publication.stream] = max(version, newest)
    return inversions
