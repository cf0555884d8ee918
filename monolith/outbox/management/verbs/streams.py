"""`manage.py outbox held|show|retry|skip`: looking at streams, and helping those that are held."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from monolith.outbox import inspecting, operations
from monolith.outbox.models import HeldStream

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.management.base import BaseCommand

    from monolith.outbox.inspecting import StreamView
    from monolith.outbox.models import OutboxMessage

_SHOWN = 10


def declare(verbs: Any) -> None:
    """Add the verbs to a command's parser."""
    held = verbs.add_parser("held", help="list the streams that wait behind a failed event")
    held.set_defaults(run=_held)
    show = verbs.add_parser("show", help="show a stream, what waits in it, what went out last")
    show.add_argument("what", metavar="STREAM|EVENT_ID", help="customer/17850, or an event's id")
    show.add_argument("--limit", type=int, default=_SHOWN, help="events each way (%(default)s)")
    show.add_argument("--payload", action="store_true", help="the events whole, too")
    show.set_defaults(run=_show)
    retry = verbs.add_parser("retry", help="try a held or parked stream again at once")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("stream", nargs="?")
    which.add_argument("--all-parked", action="store_true")
    retry.set_defaults(run=_retry)
    skip = verbs.add_parser(
        "skip", help="give up the event that holds a stream; consumers get a notice in its place"
    )
    skip.add_argument("stream")
    skip.add_argument("--reason", required=True, help="kept with the event")
    skip.add_argument("--event", metavar="EVENT_ID", help="skip this one and no other")
    skip.set_defaults(run=_skip)


def _held(command: BaseCommand, _options: dict[str, Any]) -> None:
    streams = list(HeldStream.objects.order_by("held_since", "stream"))
    for held in streams:
        command.stdout.write(f"{held.stream:<24} {_standing(held)}")
    if not streams:
        command.stdout.write("no stream is held")


def _show(command: BaseCommand, options: dict[str, Any]) -> None:
    try:
        view = inspecting.view(options["what"], limit=options["limit"])
    except inspecting.NotInTheOutbox as error:
        raise CommandError(str(error)) from error
    for line in _lines(view):
        command.stdout.write(line)
    for title, messages in _sections(view):
        command.stdout.write(f"\n{title}")
        for message in messages:
            command.stdout.write(f"  {_line(message)}")
            if options["payload"]:
                command.stdout.write(_indented(message.payload))


def _retry(command: BaseCommand, options: dict[str, Any]) -> None:
    by = getpass.getuser()
    if options["all_parked"]:
        streams = operations.retry_parked(by=by)
        command.stdout.write(f"{len(streams)} parked streams are tried again")
        return
    try:
        operations.retry_stream(options["stream"], by=by)
    except operations.StreamNotHeld as error:
        raise CommandError(str(error)) from error
    command.stdout.write(f"{options['stream']} is tried again")


def _skip(command: BaseCommand, options: dict[str, Any]) -> None:
    stream = options["stream"]
    try:
        skipped = operations.skip_message(
            stream, reason=options["reason"], by=getpass.getuser(), event_id=options["event"]
        )
    except (
        operations.AnotherEventHolds,
        operations.ReasonMissing,
        operations.StreamNotHeld,
    ) as error:
        raise CommandError(str(error)) from error
    command.stdout.write(
        f"skipped {skipped.event_type} {skipped.event_id}, version {skipped.version} of {stream}"
    )


def _lines(view: StreamView) -> list[str]:
    return [
        f"{'stream':<12} {view.stream}",
        f"{'version':<12} {view.version}",
        f"{'shard':<12} {view.shard}, relayed by {view.owner or 'nobody'}",
        f"{'held':<12} {_standing(view.held) if view.held else 'no'}",
        f"{'pending':<12} {view.pending_count}",
    ]


def _sections(view: StreamView) -> list[tuple[str, list[OutboxMessage]]]:
    sections = [
        ("the event asked for", [view.chosen] if view.chosen else []),
        ("published last", list(view.published)),
        ("pending, in order", list(view.pending)),
    ]
    return [(title, messages) for title, messages in sections if messages]


def _standing(held: HeldStream) -> str:
    age = f"since {_instant(held.held_since)}"
    following = f"next attempt {_instant(held.retry_at)}" if held.retry_at else "parked"
    return f"{following}, {age}, after {held.attempts} attempts: {held.last_error}"


def _line(message: OutboxMessage) -> str:
    size = len(message.payload.encode())
    parts = [
        f"#{message.version} {message.event_type} {message.event_id} id {message.id}",
        f"recorded {_instant(message.recorded_at)}",
        f"published {_instant(message.published_at)}" if message.published_at else "pending",
        f"{size} bytes",
    ]
    if message.addressee:
        parts.append(f"for {message.addressee}")
    if message.skipped_because:
        parts.append(f"skipped: {message.skipped_because}")
    return ", ".join(parts)


def _indented(payload: str) -> str:
    return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)


def _instant(at: datetime) -> str:
    return timezone.localtime(at).isoformat(sep=" ", timespec="seconds")
