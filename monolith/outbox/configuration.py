"""The relay's settings, read once when it starts. Every one has a default that works."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.conf import settings

from monolith.outbox.sharding import DEFAULT_SHARDS

MAX_ENTRIES = 10
"""What SNS and SQS take in one call."""
_PREFIX = "OUTBOX_"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """How a relay works; the setting of each is its name in capitals behind `OUTBOX_`."""

    shards: int = DEFAULT_SHARDS
    batch_size: int = 1000
    """Rows read in one go, over all shards."""
    publish_threads: int = 4
    """Calls to the broker at a time."""
    lease_seconds: float = 14.0
    """After a crash, another relay takes over when the lease is up. Half of it is the heartbeat."""
    max_attempts: int = 10
    retry_seconds: float = 1.0
    """Wait after the first failure of a message; doubles with each further one."""
    retry_ceiling_seconds: float = 300.0
    outage_seconds: float = 0.25
    """Wait after the first failed call to a topic; doubles with each further one."""
    outage_ceiling_seconds: float = 10.0

    @property
    def heartbeat_seconds(self) -> float:
        """Seconds between two renewals of the leases."""
        return self.lease_seconds / 2

    @property
    def mark_at_once(self) -> int:
        """How many published events are worth a statement that marks them."""
        return 2 * MAX_ENTRIES * self.publish_threads

    @property
    def most_repeated(self) -> int:
        """The most events that a kill -9 makes the broker see twice.

        They were published and not marked yet, or they are on their way: no call is started that
        would make it more. Room for as many as are marked at once, and for two batches per thread.
        """
        return self.mark_at_once + 2 * MAX_ENTRIES * self.publish_threads

    @classmethod
    def from_settings(cls, **overrides: float) -> RelayOptions:
        """Read Django's settings; `overrides` win."""
        given = {
            field.name: getattr(settings, _PREFIX + field.name.upper())
            for field in fields(cls)
            if hasattr(settings, _PREFIX + field.name.upper())
        }
        return cls(**{**given, **overrides})
