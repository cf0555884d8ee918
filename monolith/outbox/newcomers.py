"""Streams whose next event this relay has never heard of: a newer application recorded it.

They are left alone, with all that is behind, until a relay that knows the type takes the shard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from monolith.outbox.messages import Message

log = structlog.get_logger(__name__)


class Newcomers:
    """The streams that are left alone, by the shard that they belong to."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._shards: dict[str, int] = {}

    @property
    def streams(self) -> Collection[str]:
        """The streams not worth reading."""
        return self._shards.keys()

    def leave_alone(self, messages: Iterable[Message]) -> Iterator[Message]:
        """Pass on, in order, what is known and not behind something unknown."""
        for message in messages:
            if message.stream in self._shards:
                continue
            if self._knows(message.event_type):
                yield message
            else:
                self._shards[message.stream] = message.shard
                log.warning(
                    "outbox_event_unknown", stream=message.stream, event_type=message.event_type
                )

    def count_in(self, shards: Collection[int]) -> int:
        """Return how many streams of these shards are left alone."""
        return sum(shard in shards for shard in self._shards.values())

    def look_again(self, shards: Collection[int]) -> None:
        """Forget what was left alone in shards that have changed hands."""
        self._shards = {
            stream: shard for stream, shard in self._shards.items() if shard not in shards
        }
