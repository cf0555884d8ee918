"""Signs of life sent down a path: how far behind is its service, customers or no customers?

The lag is the age of the newest beat that has arrived. So it is at most the time between two beats
more than the truth, never less, and grows when beats stop being sent: silence is no good news.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from monolith.outbox import recording
from monolith.strangler import registry
from monolith.strangler.backfill.snapshots import record_heartbeat_snapshot
from monolith.strangler.calling import clients
from monolith.strangler.calling.clients import ServiceRefused
from monolith.strangler.models import Heartbeat

if TYPE_CHECKING:
    from monolith.strangler.calling.clients import Client, ServiceAnswer
    from monolith.strangler.registry import HeartbeatSource, MovingRead

BUDGET_SECONDS = 2.0
LISTEN_SECONDS = 2.0
_LISTEN_EVERY_SECONDS = 0.1
# Ten minutes of a beat a second: a service further behind is told by its newest seen beat.
MOST_BEATS = 600
_NOT_COMPLETE = "-not-complete"


class NoHeartbeat(Exception):
    """The path declares no heartbeat, or nobody can be asked for it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} declares no heartbeat, or has no service's address")


class _Heard(NamedTuple):
    version: int
    build: str


@transaction.atomic
def send(path: str, at: datetime) -> int:
    """Send a beat through the outbox, in a transaction of its own; return its version.

    Raises:
        PathNotDeclared: there is no such path.
        NoHeartbeat: it declares none.
    """
    source = _source(registry.get_path(path))
    version = recording.lock_stream(source.stream) + 1
    recording.record(source.event(at), stream=source.stream, occurred_at=at)
    heartbeat = _lock(path)
    heartbeat.sent_version, heartbeat.sent_at = version, at
    heartbeat.beats = [*heartbeat.beats, [version, at.isoformat()]][-MOST_BEATS:]
    heartbeat.save(update_fields=["sent_version", "sent_at", "beats"])
    return version


def look(path: str, at: datetime) -> float | None:
    """Ask the service how far it has come; return its lag in seconds, None before its first beat.

    `at` is taken for now. What was seen is kept, with the build that answered, in `Heartbeat`.

    Raises:
        PathNotDeclared: there is no such path.
        NoHeartbeat: it declares none, or no service is deployed for it.
        ServiceError: the service gave no answer; see `clients`.
    """
    return lag_seconds(_note(path, _heard(path), at), at)


def listen(path: str) -> float | None:
    """Look until the newest beat has arrived, for 2 s at most; return the lag in seconds then.

    Whoever looks at once after sending sees the beat before: the time between two beats, not a lag.
    Of several looks, what is news is written down, and the last.

    Raises:
        PathNotDeclared, NoHeartbeat, ServiceError: see `look`.
    """
    deadline = time.monotonic() + LISTEN_SECONDS
    heartbeat = noted = None
    while True:
        at, heard = timezone.now(), _heard(path)
        is_over = time.monotonic() >= deadline
        if heartbeat is None or heard != noted or is_over:
            noted, heartbeat = heard, _note(path, heard, at)
        if is_over or _has_arrived(heartbeat):
            return lag_seconds(heartbeat, at)
        time.sleep(_LISTEN_EVERY_SECONDS)


def restore(path: str) -> None:
    """State through the outbox where the heartbeats have come to: for a service that lost them.

    Raises:
        PathNotDeclared: there is no such path.
    """
    record_heartbeat_snapshot(registry.get_path(path))


def lag_seconds(heartbeat: Heartbeat, at: datetime) -> float | None:
    """Return the age of the newest beat that was seen; None if none was."""
    seen = heartbeat.seen_sent_at
    return None if seen is None else max((at - seen).total_seconds(), 0.0)


def _has_arrived(heartbeat: Heartbeat) -> bool:
    return heartbeat.seen_version >= heartbeat.sent_version


def _source(path: MovingRead[Any, Any]) -> HeartbeatSource[Any]:
    if path.heartbeat is None:
        raise NoHeartbeat(path.name)
    return path.heartbeat


def _heard(path: str) -> _Heard | None:
    """Ask the service what it has heard; None if no beat has arrived yet, or it forgot them."""
    declared = registry.get_path(path)
    source, client = _source(declared), clients.client_for(path)
    if client is None:
        raise NoHeartbeat(path)
    answer = _ask(declared, source, client)
    return None if answer is None else _Heard(declared.version_of(answer.value), answer.build)


def _ask(
    path: MovingRead[Any, Any], source: HeartbeatSource[Any], client: Client
) -> ServiceAnswer | None:
    request = path.service_request(source.query)
    try:
        return client.get_answer(
            request.path,
            request.parameters,
            answer_class=path.answer_class,
            deadline=time.monotonic() + BUDGET_SECONDS,
        )
    except ServiceRefused as error:
        if error.problem.endswith(_NOT_COMPLETE):
            return None
        raise


@transaction.atomic
def _note(path: str, heard: _Heard | None, at: datetime) -> Heartbeat:
    heartbeat = _lock(path)
    heartbeat.looked_at = at
    if heard is not None:
        _see(heartbeat, heard)
    heartbeat.save()
    return heartbeat


def _see(heartbeat: Heartbeat, heard: _Heard) -> None:
    """Note what has arrived, and forget the beats before it."""
    heartbeat.build = heard.build
    arrived = [beat for beat in heartbeat.beats if beat[0] <= heard.version]
    if arrived:
        seen_version, sent_at = arrived[-1]
        heartbeat.seen_version = seen_version
        heartbeat.seen_sent_at = datetime.fromisoformat(sent_at)
        heartbeat.beats = [beat for beat in heartbeat.beats if beat[0] >= seen_version]


def _lock(path: str) -> Heartbeat:
    rows = Heartbeat.objects.select_for_update().filter(path=path)
    if (found := rows.first()) is not None:
        return found
    Heartbeat.objects.bulk_create([Heartbeat(path=path)], ignore_conflicts=True)
    return rows.get()
