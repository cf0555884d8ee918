"""Which keys of a chunk are worth a close look? One checksum for all, then halves of what differs.

The fence is each key's own version, which is part of what is summed: content is never compared at
other versions. A key that is behind is picked out by its version, without halving and without a
close look, which would only take time from catching up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from event_contracts.checksums import Checksum, KeyDigest, checksum_of
from monolith.strangler.calling.clients import ServiceError
from monolith.strangler.reconciliation.outcomes import Finding, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from monolith.strangler.reconciliation.asking import BothSides

# So many requests could have looked at a good part of the keys themselves.
MOST_REQUESTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspects:
    """The keys that must be looked at, those just behind, and how many requests it took."""

    keys: tuple[str, ...]
    behind: tuple[Finding, ...] = ()
    requests: int

    @property
    def is_bisected(self) -> bool:
        """Tell whether one request did not do."""
        return self.requests > 1


def find_suspects(sides: BothSides, threads: ThreadPoolExecutor, keys: Sequence[str]) -> Suspects:
    """Compare some keys by checksum; a service that cannot sum makes suspects of all."""
    summing = threads.submit(sides.service_checksum, keys)
    ours = {key: sides.monolith_digest(key) for key in keys}
    try:
        whole = summing.result()
        search = Search(ours, sides.service_checksum)
        return search.suspects(list(keys), whole)
    except ServiceError:
        return Suspects(keys=tuple(keys), requests=1)


class Search:
    """Halves what differs until it is single keys."""

    def __init__(
        self, ours: dict[str, KeyDigest], ask: Callable[[Sequence[str]], Checksum]
    ) -> None:
        self._ours, self._ask = ours, ask
        self._requests = 1
        self._behind: list[Finding] = []

    def suspects(self, keys: list[str], theirs: Checksum) -> Suspects:
        """Return what differs within these keys, given the service's checksum over all of them."""
        found = self._within(keys, theirs)
        return Suspects(keys=tuple(found), behind=tuple(self._behind), requests=self._requests)

    def _within(self, keys: list[str], theirs: Checksum) -> list[str]:
        if self._is_equal(keys, theirs):
            return []
        versions = {each.key: each.version for each in theirs.versions}
        level = [key for key in keys if self._is_level(key, versions)]
        if len(level) == len(keys):
            return self._halve(keys)
        return self._moved(set(keys) - set(level), versions) + self._asked(level)

    def _is_equal(self, keys: list[str], theirs: Checksum) -> bool:
        ours = checksum_of(self._ours[key] for key in keys)
        return ours.count == theirs.count == len(keys) and ours.hash == theirs.hash

    def _is_level(self, key: str, versions: dict[str, int | None]) -> bool:
        version = versions.get(key)
        return version is not None and version == self._ours[key].version

    def _moved(self, keys: set[str], versions: dict[str, int | None]) -> list[str]:
        """Note which of these keys are behind; return those that are in no such simple state."""
        unclear = []
        for key in sorted(keys):
            ours, theirs = self._ours[key].version, versions.get(key)
            if ours is None or (theirs is not None and theirs > ours):
                unclear.append(key)
            else:
                outcome = Outcome.MISSING if theirs is None else Outcome.STALE
                self._behind.append(Finding(key, outcome))
        return unclear

    def _asked(self, keys: list[str]) -> list[str]:
        if not keys or self._requests >= MOST_REQUESTS:
            return keys
        self._requests += 1
        return self._within(keys, self._ask(keys))

    def _halve(self, keys: list[str]) -> list[str]:
        """Find what differs among keys of which some do."""
        if len(keys) == 1:
            return keys
        middle = len(keys) // 2
        first = self._asked(keys[:middle])
        # Nothing in the one half: then it is in the other, which need not be asked about whole.
        return first + (self._asked(keys[middle:]) if first else self._halve(keys[middle:]))
