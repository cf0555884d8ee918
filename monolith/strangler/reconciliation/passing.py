"""One comparison of every key, a piece at a time: chunks, then what did not match, then extras."""

from __future__ import annotations

import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from monolith.strangler.calling.clients import ServiceError
from monolith.strangler.reconciliation.extras import are_findable, find_extras
from monolith.strangler.reconciliation.looking import look_at
from monolith.strangler.reconciliation.outcomes import Final, Finding, Outcome, seen_again
from monolith.strangler.reconciliation.queue_ahead import QueueAhead
from monolith.strangler.reconciliation.summing import find_suspects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monolith.strangler.reconciliation.asking import BothSides

THREADS = 8
CHUNK_KEYS = 100
PATIENCE_SECONDS = 60.0
REST_SECONDS = 0.5
# A wrong answer is looked at again, in case both sides moved between two looks.
LOOKS_AT_WRONG = 3
THE_LIST = "(the list of keys)"


class Phase(Enum):
    """What the next piece is about."""

    CHUNKS = auto()
    SETTLING = auto()
    EXTRAS = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one piece came to: keys settled, and what is not. `is_restless`: too early to go on."""

    keys: int = 0
    note: str = ""
    is_restless: bool = False


class Pass:
    """Everything that is known of a comparison under way. Not for several threads at once."""

    def __init__(
        self,
        sides: BothSides,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        is_per_key: bool = False,
    ) -> None:
        self.sides = sides
        self.phase = Phase.CHUNKS
        self.position = ""
        self.chunks = self.chunks_bisected = self.requests = 0
        self.settled: Counter[Final] = Counter()
        self.waiting: deque[Finding] = deque()
        self.ended: list[Finding] = []
        self._by_checksum = sides.path.checksum_request is not None and not is_per_key
        self._patience_seconds = patience_seconds
        self._heals_to = Final.HEALED
        self._moved_at = 0.0
        self._queue_ahead: QueueAhead | None = None
        self._list_after: str | None = None
        self._list_failures = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="reconcile")

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def findings(self) -> list[Finding]:
        """What does not match, as it stands."""
        return [*self.ended, *self.waiting]

    @property
    def counts(self) -> dict[Final, int]:
        """How many keys would have ended how, if this were the end."""
        counts = Counter(finding.final for finding in self.findings)
        counts.update(self.settled)
        return dict(counts)

    def advance(self) -> Piece:
        """Do the next piece; none is left when the phase is OVER."""
        if self.phase is Phase.CHUNKS:
            return self._compare_chunk()
        if self.phase is Phase.SETTLING:
            return self._settle_some()
        return self._look_for_extras()

    def settle_again(self, keys: Iterable[str]) -> None:
        """Look once more at keys whose snapshots were sent again, with fresh patience."""
        wanted = set(keys)
        self.waiting = deque(
            Finding(finding.key, finding.outcome) for finding in self.ended if finding.key in wanted
        )
        self.ended = [finding for finding in self.ended if finding.key not in wanted]
        self._heals_to = Final.REPAIRED
        self._begin_settling()

    def _compare_chunk(self) -> Piece:
        keys = list(self.sides.path.source.keys_after(self.position, CHUNK_KEYS))
        if not keys:
            self._begin_settling()
            return Piece(note=_told(self.waiting))
        requests = self.requests
        unsettled = self._look(keys)
        self.chunks_bisected += self.requests > requests + 1
        self.waiting.extend(unsettled)
        self.position = keys[-1]
        self.chunks += 1
        return self._piece(Final.MATCH, len(keys), len(unsettled))

    def _look(self, keys: Sequence[str]) -> list[Finding]:
        if not self._by_checksum:
            return self._look_closely(keys)
        suspects = find_suspects(self.sides, self._threads, keys)
        self.requests += suspects.requests
        return [*suspects.behind, *self._look_closely(suspects.keys)]

    def _look_closely(self, keys: Sequence[str]) -> list[Finding]:
        return [found for found in look_at(self.sides, self._threads, keys) if found]

    def _begin_settling(self) -> None:
        self.phase = Phase.SETTLING
        self._moved_at = time.monotonic()
        self._queue_ahead = None

    def _settle_some(self) -> Piece:
        if not self.waiting:
            return self._end_settling()
        chunk = [self.waiting.popleft() for _ in range(min(CHUNK_KEYS, len(self.waiting)))]
        if time.monotonic() - self._moved_at > self._patience_seconds:
            return self._judge(chunk)
        again = seen_again(chunk, self._look([finding.key for finding in chunk]))
        self.ended += [finding for finding in again if self._is_decided(finding)]
        self.waiting.extend(finding for finding in again if not self._is_decided(finding))
        if len(again) < len(chunk) or self._is_being_worked_off():
            self._moved_at = time.monotonic()
        return self._piece(self._heals_to, len(chunk), len(again))

    def _is_being_worked_off(self) -> bool:
        if self._queue_ahead is None:
            self._queue_ahead = QueueAhead(self.sides)
        return self._queue_ahead.has_shrunk()

    def _judge(self, chunk: list[Finding]) -> Piece:
        """Have a close look at what time did not heal: a version alone convicts nobody."""
        if self._by_checksum:
            chunk, looked_at = self._look_closely([finding.key for finding in chunk]), chunk
            self.settled[self._heals_to] += len(looked_at) - len(chunk)
        self.ended += chunk
        return Piece(note=_told(self.ended))

    def _is_decided(self, finding: Finding) -> bool:
        # What was sent again may be on its way for a while, looking as wrong as before.
        is_repair = self._heals_to is Final.REPAIRED
        is_wrong = finding.outcome is Outcome.WRONG and finding.looks >= LOOKS_AT_WRONG
        return is_wrong and not is_repair

    def _end_settling(self) -> Piece:
        looks_further = are_findable(self.sides.path) and self._heals_to is Final.HEALED
        self.phase = Phase.EXTRAS if looks_further else Phase.OVER
        return Piece(note=_told(self.ended))

    def _look_for_extras(self) -> Piece:
        try:
            page = find_extras(self.sides, self._list_after)
        except ServiceError:
            return self._fail_to_list()
        self.ended += page.findings
        self._list_after = page.next
        if page.next is None:
            self.phase = Phase.OVER
        return Piece(note=_told(self.ended))

    def _fail_to_list(self) -> Piece:
        self._list_failures += 1
        if self._list_failures >= LOOKS_AT_WRONG:
            self.ended.append(Finding(THE_LIST, Outcome.ERROR))
            self.phase = Phase.OVER
        return Piece(note="the service does not list its keys", is_restless=True)

    def _piece(self, settled_to: Final, keys: int, unsettled: int) -> Piece:
        """Count; rest where most keys are behind: asking on would take time from catching up."""
        settled = keys - unsettled
        self.settled[settled_to] += settled
        return Piece(keys=settled, note=_told(self.waiting), is_restless=unsettled > settled)


def _told(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.outcome for finding in findings)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
