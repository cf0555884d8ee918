"""The relay: lease shards, read what is pending, publish in order, mark. Run any number of them.

One thread owns the connection and all state; the calls to the broker run in the threads of
`delivery`. State outlives a lost connection: what was accepted meanwhile is marked after the
reconnection, unless another relay has taken over, which the tokens tell (docs/decisions/0001).
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from operator import attrgetter
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from monolith.outbox import claiming
from monolith.outbox.backlog import Backlog
from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.connecting import connect
from monolith.outbox.contracts import contracts
from monolith.outbox.delivery import Delivery
from monolith.outbox.newcomers import Newcomers
from monolith.outbox.observing import NOBODY
from monolith.outbox.outages import Outages, backoff
from monolith.outbox.ownership import Ownership
from monolith.outbox.publishers import MAX_BATCH_BYTES
from monolith.outbox.timing import Bell, Timetable
from monolith.outbox.waking import CHANNEL, LEASES_CHANGED

if TYPE_CHECKING:
    from monolith.outbox.configuration import RelayOptions
    from monolith.outbox.delivery import Outcome
    from monolith.outbox.messages import Message
    from monolith.outbox.observing import Observer
    from monolith.outbox.publishers import Failure, Publisher

_SMALLEST_READ = 10
_LONGEST_UNMARKED_SECONDS = 0.05
_READ_PAUSE_IN_OUTAGE_SECONDS = 0.5
_RECONNECT_SECONDS = 0.2
_RECONNECT_CEILING_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Relay:
    """One relay. `run` blocks until `stop`, which any thread or signal handler may call."""

    def __init__(
        self,
        *,
        publisher: Publisher,
        options: RelayOptions,
        name: str | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        self._observer = observer
        self.name = name or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._options = options
        self._stopping = threading.Event()
        self._bell = Bell()
        self._timetable = Timetable(slowest_seconds=options.heartbeat_seconds)
        self._ownership = Ownership(name=self.name, options=options)
        self._backlog = Backlog(max_entries=MAX_ENTRIES, max_bytes=MAX_BATCH_BYTES)
        self._delivery = Delivery(
            publisher, threads=options.publish_threads, on_finished=self._bell.ring
        )
        self._outages = Outages(
            first=options.outage_seconds, ceiling=options.outage_ceiling_seconds
        )
        self._newcomers = Newcomers(contracts().knows)
        self._stale: set[int] = set()
        self._read_not_before = 0.0
        self._unmarked: list[Message] = []
        self._mark_by = float("inf")
        self._holds: list[claiming.Hold] = []

    def run(self) -> None:
        """Relay until stopped, through lost connections and broker outages."""
        failures = 0
        try:
            while not self._stopping.is_set():
                try:
                    with connect("outbox relay", **claiming.SESSION) as connection:
                        self._ownership.join(connection)
                        failures = 0
                        self._work(connection)
                except psycopg.OperationalError as error:
                    failures += 1
                    log.warning("outbox_database_lost", relay=self.name, error=str(error).strip())
                    self._stopping.wait(_reconnect_pause(failures))
        finally:
            self._delivery.close()
            self._bell.close()

    def stop(self) -> None:
        """Finish what is on its way, give the shards back and return from `run`."""
        self._stopping.set()
        self._bell.ring()

    def _work(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"listen {CHANNEL}")
        log.info("outbox_relay_started", relay=self.name)
        while not self._stopping.is_set():
            self._listen(connection)
            self._tend(connection)
            self._collect()
            self._dispatch()
            # The broker works meanwhile: what it answers is marked in one go the next time round.
            self._mark(connection)
            self._hold(connection)
            self._read(connection)
            self._dispatch()
            # What PostgreSQL told during a statement makes the socket ready no more.
            if not self._listen(connection):
                self._bell.wait(connection.fileno(), self._next_at() - monotonic())
        self._finish(connection)

    def _finish(self, connection: psycopg.Connection[Any]) -> None:
        self._delivery.close()
        self._collect()
        self._mark_by = 0.0
        self._mark(connection)
        self._hold(connection)
        self._ownership.leave(connection)
        self._observer.tended(owned=0, left_alone=0)
        log.info("outbox_relay_stopped", relay=self.name)

    def _next_at(self) -> float:
        return min(self._ownership.next_tend_at, self._timetable.next_at, self._mark_by)

    def _listen(self, connection: psycopg.Connection[Any]) -> bool:
        """Return whether there is something to do at once."""
        told = {notification.payload for notification in connection.notifies(timeout=0)}
        if LEASES_CHANGED in told:
            self._ownership.next_tend_at = 0.0
        is_due = self._timetable.is_due(monotonic())
        if is_due or "" in told:
            self._stale.update(self._ownership.tokens)
        return is_due or bool(told)

    def _tend(self, connection: psycopg.Connection[Any]) -> None:
        now = monotonic()
        if now >= self._ownership.next_tend_at:
            change = self._ownership.tend(connection, now=now)
            self._forget(change.lost)
            self._newcomers.look_again(change.gained)
            self._stale |= change.gained | change.waiting
            self._stale &= self._ownership.tokens.keys()
            left_alone = self._newcomers.count_in(self._ownership.tokens)
            self._observer.tended(owned=len(self._ownership.tokens), left_alone=left_alone)
            if change.retry_in < self._options.heartbeat_seconds:
                self._timetable.set_alarm(now + max(change.retry_in, 0))
        self._ownership.release_idle(connection, self._backlog.is_idle)

    def _forget(self, shards: set[int]) -> None:
        if shards:
            self._backlog.drop_shards(shards)
            self._stale -= shards

    def _collect(self) -> None:
        for outcome in self._delivery.finished():
            self._observer.collected(outcome)
            if outcome.outage is None:
                self._settle(outcome)
            else:
                self._suspend(outcome)

    def _settle(self, outcome: Outcome) -> None:
        if self._outages.end(outcome.topic):
            log.info("outbox_topic_answers_again", topic=outcome.topic)
        failed = {failure.event_id: failure for failure in outcome.failures}
        delivered = [message for message in outcome.batch if message.event_id not in failed]
        self._backlog.release(delivered)
        if delivered and not self._unmarked:
            self._mark_by = monotonic() + _LONGEST_UNMARKED_SECONDS
        self._unmarked += delivered
        self._holds += [
            self._after(message, failed[message.event_id])
            for message in outcome.batch
            if message.event_id in failed
        ]

    def _after(self, message: Message, failure: Failure) -> claiming.Hold:
        attempts = message.attempts + 1
        if failure.is_own_fault and attempts >= self._options.max_attempts:
            log.error("outbox_stream_parked", stream=message.stream, reason=failure.reason)
            return claiming.Hold(message, failure.reason, None)
        delay = backoff(
            failures=attempts,
            first=self._options.retry_seconds,
            ceiling=self._options.retry_ceiling_seconds,
        )
        log.warning(
            "outbox_stream_held", stream=message.stream, reason=failure.reason, retry_in=delay
        )
        return claiming.Hold(message, failure.reason, delay)

    def _suspend(self, outcome: Outcome) -> None:
        if not self._outages.is_down(outcome.topic):
            log.error("outbox_topic_unavailable", topic=outcome.topic, reason=outcome.outage)
        self._timetable.set_alarm(self._outages.begin(outcome.topic, now=monotonic()))
        self._backlog.abandon(outcome.batch)
        self._backlog.drop_ready(topic=outcome.topic)

    def _mark(self, connection: psycopg.Connection[Any]) -> None:
        if not self._unmarked or not self._is_time_to_mark():
            return
        refused = claiming.mark_published(connection, self._unmarked)
        self._backlog.close(self._unmarked)
        self._unmarked = []
        self._mark_by = float("inf")
        self._refuse(refused)

    def _is_time_to_mark(self) -> bool:
        enough = len(self._unmarked) >= self._options.mark_at_once
        # Only what is marked lets its shard be read again.
        starving = not self._backlog.topics()
        return enough or starving or monotonic() >= self._mark_by

    def _hold(self, connection: psycopg.Connection[Any]) -> None:
        if not self._holds:
            return
        refused = claiming.hold_streams(connection, self._holds)
        self._observer.held(self._holds, refused=refused)
        now = monotonic()
        for hold in self._holds:
            if hold.delay is not None:
                self._timetable.set_alarm(now + hold.delay)
        self._backlog.abandon([hold.message for hold in self._holds])
        self._holds = []
        self._refuse(refused)

    def _refuse(self, shards: set[int]) -> None:
        if shards:
            log.warning("outbox_claim_lost", relay=self.name, shards=sorted(shards))
            self._observer.lost(shards)
            self._ownership.disown(shards)
            self._forget(shards)

    def _read(self, connection: psycopg.Connection[Any]) -> None:
        now = monotonic()
        tokens = self._ownership.tokens
        claims = {shard: tokens[shard] for shard in self._stale if self._backlog.is_idle(shard)}
        if not claims or now < self._read_not_before:
            return
        limit = max(self._options.batch_size // len(tokens), _SMALLEST_READ)
        suspended = self._outages.suspended(now=now)
        messages = claiming.read_pending(
            connection,
            claims,
            limit_per_shard=limit,
            without_topics=suspended,
            without_streams=self._newcomers.streams,
        )
        self._note_read(claims, messages, limit=limit)
        if suspended:
            # What waits for a suspended topic is passed over row by row: not too often.
            self._read_not_before = now + _READ_PAUSE_IN_OUTAGE_SECONDS
            self._timetable.set_alarm(self._read_not_before)

    def _note_read(self, claims: dict[int, int], messages: list[Message], *, limit: int) -> None:
        counts = dict.fromkeys(claims, 0)
        for message in messages:
            counts[message.shard] += 1
        self._stale -= {shard for shard, count in counts.items() if count < limit}
        known = list(self._newcomers.leave_alone(sorted(messages, key=attrgetter("id"))))
        self._backlog.add(known)
        if known:
            self._timetable.note_activity(now=monotonic())

    def _dispatch(self) -> None:
        starting = True
        while starting and self._has_room:
            started = [self._start_one(topic) for topic in self._backlog.topics()]
            starting = any(started)

    @property
    def _has_room(self) -> bool:
        # Whatever a kill -9 could make the broker see twice, another batch included.
        at_risk = len(self._unmarked) + self._delivery.events_in_flight + MAX_ENTRIES
        return at_risk <= self._options.most_repeated and self._delivery.has_room

    def _start_one(self, topic: str) -> bool:
        calls = self._delivery.calls_in_flight(topic)
        if not self._has_room or not self._outages.allows(
            topic, now=monotonic(), calls_in_flight=calls
        ):
            return False
        self._delivery.start(self._backlog.next_batch(topic))
        return True


def _reconnect_pause(failures: int) -> float:
    return backoff(failures=failures, first=_RECONNECT_SECONDS, ceiling=_RECONNECT_CEILING_SECONDS)
