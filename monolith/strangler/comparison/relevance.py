"""Do two rankings serve whoever asked equally well? Pure.

Engines weigh words differently, so products that are nearly equally good change places. What must
not change is which products there are; how far the order may, is said by a tolerance. Only the
first page is judged: further down nobody can tell one engine's opinion from the other's.

Ties are no excuse: whoever compares rankings has both sides break them by the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

from monolith.strangler.comparison.differences import Difference, Kind, generalised

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

_AT_THE_EDGE = frozenset({Kind.MISSING, Kind.EXTRA, Kind.EDGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How alike two rankings must be: shares from 0 to 1 of what the monolith's own would get."""

    least_overlap: float
    least_ndcg: float

    def allows(self, ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> bool:
        """Tell whether the service's ranking is as good as the monolith's."""
        return overlap(ours, theirs) >= self.least_overlap and ndcg(ours, theirs) >= self.least_ndcg


@dataclass(frozen=True, slots=True, kw_only=True)
class Rankings:
    """The keys of a list at `place` as both sides rank them; `is_cut`: it goes on behind them."""

    place: str
    ours: Sequence[Hashable]
    theirs: Sequence[Hashable]
    is_cut: bool
    is_first_page: bool


def overlap(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> float:
    """Return the share of the monolith's items that the service shows, too (overlap@k)."""
    return len({*ours} & {*theirs}) / len(ours) if ours else 1.0


def ndcg(ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> float:
    """Return the service's discounted gain, as a share of the monolith's own (nDCG@k).

    The monolith's first of n items is worth n, its last 1; what it does not show is worth nothing.
    """
    worth = {key: len(ours) - place for place, key in enumerate(ours)}
    ideal = _discounted([worth[key] for key in ours])
    return _discounted([worth.get(key, 0) for key in theirs]) / ideal if ideal else 1.0


def judge_ranking(
    found: Sequence[Difference], rankings: Rankings, tolerance: Tolerance
) -> tuple[Difference, ...]:
    """Leave out what is only another opinion on the order; one too different is `reordered`.

    Where the list is shown whole, what one side lacks is never a matter of order.
    """
    left = [each for each in found if not _is_about_order(each, rankings)]
    if rankings.is_first_page and not tolerance.allows(rankings.ours, rankings.theirs):
        left.append(Difference(rankings.place, Kind.REORDERED))
    return tuple(left)


def _is_about_order(difference: Difference, rankings: Rankings) -> bool:
    if difference.place == rankings.place:
        return difference.kind is Kind.REORDERED
    is_item = generalised(difference.place) == f"{rankings.place}[]"
    return rankings.is_cut and is_item and difference.kind in _AT_THE_EDGE


def _discounted(gains: Sequence[int]) -> float:
    return sum(_terms(gains))


def _terms(gains: Sequence[int]) -> Iterator[float]:
    return (gain / log2(place + 2) for place, gain in enumerate(gains))
