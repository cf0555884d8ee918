"""What waits in front of a service: is it being worked off, or has the service stopped?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.outbox import recording
from monolith.strangler.calling.clients import ServiceError

if TYPE_CHECKING:
    from monolith.strangler.reconciliation.asking import BothSides


class QueueAhead:
    """What had been sent down a path when it was first looked at.

    Heartbeats travel behind it, as facts do. While a service hears one after the other, and none of
    those sent since, it is not late: what it lacks waits in front of it. A backfill puts thousands
    of snapshots there, and what was ordered since comes behind them.
    """

    def __init__(self, sides: BothSides) -> None:
        self._sides, self._beat = sides, sides.path.heartbeat
        self._sent = recording.current_version(self._beat.stream) if self._beat is not None else 0
        self._heard = self._listen() if self._sent else 0

    def has_shrunk(self) -> bool:
        """Tell whether the service has come further since it was last asked, and not through."""
        if self._heard >= self._sent:
            return False
        # Who did not answer has not gone back: hearing the same again later is no progress.
        heard, self._heard = self._heard, max(self._heard, self._listen())
        return heard < self._heard < self._sent

    def _listen(self) -> int:
        if self._beat is None:
            return 0
        try:
            said = self._sides.service_answer(self._beat.query)
        except ServiceError:  # it may know nobody yet, or be busy
            return 0
        return self._sides.path.version_of(said)
