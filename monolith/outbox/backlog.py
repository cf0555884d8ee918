"""Which message may go next. Pure; this is where the order of each stream is kept.

A stream has at most one message on its way, so no failure, whole or partial, can let a later one
pass. A shard is idle when nothing of it is queued, on its way or unmarked: only then may it be read
again.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from monolith.outbox.messages import Message


class Backlog:
    """Claimed messages, queued per stream."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._queues: dict[str, deque[Message]] = {}
        self._ready: dict[str, deque[str]] = defaultdict(deque)
        self._in_flight: set[str] = set()
        self._open: Counter[int] = Counter()

    def add(self, messages: Iterable[Message]) -> None:
        """Queue messages of idle shards, in the order of their ids."""
        for message in messages:
            queue = self._queues.get(message.stream)
            if queue is None:
                queue = self._queues[message.stream] = deque()
                self._ready[message.topic].append(message.stream)
            queue.append(message)
            self._open[message.shard] += 1

    def is_idle(self, shard: int) -> bool:
        """Return whether the shard may be read again without meeting a message twice."""
        return not self._open[shard]

    def topics(self) -> list[str]:
        """Return the topics that have a message ready to go."""
        return [topic for topic, streams in self._ready.items() if streams]

    def next_batch(self, topic: str) -> list[Message]:
        """Take the next batch of a topic: one message per stream, within the broker's limits."""
        ready = self._ready[topic]
        batch: list[Message] = []
        room = self._max_bytes
        while ready and len(batch) < self._max_entries:
            message = self._queues[ready[0]][0]
            if batch and message.size > room:
                break
            room -= message.size
            batch.append(message)
            self._in_flight.add(ready.popleft())
        return batch

    def release(self, messages: Iterable[Message]) -> None:
        """Let the streams of delivered messages go on; the messages stay open until marked."""
        for message in messages:
            self._in_flight.discard(message.stream)
            queue = self._queues.get(message.stream)
            if queue is None:
                continue
            queue.popleft()
            if queue:
                self._ready[message.topic].append(message.stream)
            else:
                del self._queues[message.stream]

    def close(self, messages: Iterable[Message]) -> None:
        """Forget messages for good: marked, refused or to be read again later."""
        for message in messages:
            self._open[message.shard] -= 1

    def abandon(self, messages: Iterable[Message]) -> None:
        """Give up messages that did not arrive, and all behind them in their streams."""
        for message in messages:
            self._in_flight.discard(message.stream)
            self._drop(message.stream)

    def drop_ready(self, *, topic: str) -> None:
        """Give up what is queued for a topic and not on its way."""
        for stream in self._ready.pop(topic, ()):
            self._drop(stream)

    def drop_shards(self, shards: Collection[int]) -> None:
        """Give up what is queued for shards that are lost; what is on its way stays open."""
        for stream, queue in list(self._queues.items()):
            if queue[0].shard not in shards:
                continue
            if stream in self._in_flight:
                self._truncate(queue)
            else:
                self._ready[queue[0].topic].remove(stream)
                self._drop(stream)

    def _drop(self, stream: str) -> None:
        self.close(self._queues.pop(stream, ()))

    def _truncate(self, queue: deque[Message]) -> None:
        while len(queue) > 1:
            self.close([queue.pop()])
