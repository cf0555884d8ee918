"""Which item of one list stands for which of the other? Pure.

Item by item is not enough: one that is missing would make all behind it look changed, and on a
full page it pulls one from the next page up, which would look like one too many.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

_Pair = tuple[int, int]
_Gap = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Indices: pairs to be compared, what only one side has, what the edge of the page moved."""

    pairs: tuple[tuple[int, int], ...] = ()
    missing: tuple[int, ...] = ()
    extra: tuple[int, ...] = ()
    edge: tuple[int, ...] = ()
    is_reordered: bool = False


def align(monolith: list[Any], service: list[Any], *, key: str | None = None) -> Alignment:
    """Tell which items belong together.

    Items are known by their field `key`, or else by all that they hold: then those that stand in
    the same gap between equal ones are taken for the same, changed.
    """
    ours, theirs = _identities(monolith, key), _identities(service, key)
    same, gaps = _matched(ours, theirs)
    moved = _moved(ours, theirs, gaps)
    gaps = _without(gaps, moved)
    changed = [] if key else [pair for gap in gaps for pair in zip(*gap, strict=False)]
    gaps = _without(gaps, changed)
    missing = [index for here, _ in gaps for index in here]
    extra = [index for _, there in gaps for index in there]
    edge: list[int] = []
    if len(ours) == len(theirs):
        missing, extra, edge = _without_edge(missing, extra, last=len(ours) - 1)
    # Of items that are known by all that they hold, equal ones are equal.
    return Alignment(
        pairs=tuple(sorted([*same, *moved]) if key else changed),
        missing=tuple(missing),
        extra=tuple(extra),
        edge=tuple(edge),
        is_reordered=bool(moved),
    )


def canonical(plain: Any) -> str:
    """Return a text that is the same for the same plain value only: true is not 1."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), default=repr)


def _identities(items: list[Any], key: str | None) -> list[str]:
    return [
        canonical(item[key] if key and isinstance(item, dict) and key in item else item)
        for item in items
    ]


def _matched(ours: list[str], theirs: list[str]) -> tuple[list[_Pair], list[_Gap]]:
    """Return the pairs that stand in order, and the gaps between them: what each side has there."""
    begin = _shared(ours, theirs)
    end = _shared(ours[begin:][::-1], theirs[begin:][::-1])
    stop, there_stop = len(ours) - end, len(theirs) - end
    same = [(index, index) for index in range(begin)]
    same += zip(range(stop, len(ours)), range(there_stop, len(theirs)), strict=True)
    gaps: list[_Gap] = []
    matcher = SequenceMatcher(None, ours[begin:stop], theirs[begin:there_stop], autojunk=False)
    for tag, first, last, there, there_last in matcher.get_opcodes():
        here, other = _shifted(first, last, begin), _shifted(there, there_last, begin)
        if tag == "equal":
            same += zip(here, other, strict=True)
        else:
            gaps.append((list(here), list(other)))
    return same, gaps


def _shared(ours: list[str], theirs: list[str]) -> int:
    """Return how many items both begin with."""
    unlike = (
        index for index, pair in enumerate(zip(ours, theirs, strict=False)) if len({*pair}) > 1
    )
    return next(unlike, min(len(ours), len(theirs)))


def _shifted(first: int, last: int, by: int) -> range:
    return range(first + by, last + by)


def _moved(ours: list[str], theirs: list[str], gaps: list[_Gap]) -> list[_Pair]:
    standing: defaultdict[str, list[int]] = defaultdict(list)
    for _, there in gaps:
        for index in there:
            standing[theirs[index]].append(index)
    here = [index for one, _ in gaps for index in one]
    return [(index, standing[ours[index]].pop(0)) for index in here if standing[ours[index]]]


def _without(gaps: list[_Gap], pairs: list[_Pair]) -> list[_Gap]:
    ours, theirs = {one for one, _ in pairs}, {other for _, other in pairs}
    return [
        ([index for index in here if index not in ours], [i for i in there if i not in theirs])
        for here, there in gaps
    ]


def _without_edge(
    missing: list[int], extra: list[int], *, last: int
) -> tuple[list[int], list[int], list[int]]:
    """Tell apart what the edge of a full page moved: as many at its end as differ before it."""
    pushed_off, pulled_up = _tail(missing, last), _tail(extra, last)
    by_missing = min(len(pulled_up), len(missing) - len(pushed_off))
    by_extra = min(len(pushed_off), len(extra) - len(pulled_up))
    edge = [*pulled_up[:by_missing], *pushed_off[:by_extra]]
    return (
        missing[: len(missing) - by_extra],
        extra[: len(extra) - by_missing],
        edge,
    )


def _tail(indices: list[int], last: int) -> list[int]:
    """Return those that stand at the end without a gap, the last first."""
    tail: list[int] = []
    for index in reversed(indices):
        if index != last - len(tail):
            break
        tail.append(index)
    return tail
