"""`manage.py outbox replay`: published events once more, to one consumer."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
from django.core.management.base import CommandError
from tqdm import tqdm

from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.connecting import connect
from monolith.outbox.destinations import UnknownDestination, open_destination
from monolith.outbox.management.instants import instant
from monolith.outbox.replaying import Replay, ReplayStopped
from monolith.outbox.selecting import Selection, count_published, select_published
from monolith.outbox.throttling import Throttle

if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

    from monolith.outbox.publishers import Publisher
    from monolith.outbox.replaying import Report
    from monolith.outbox.selecting import Share

NOTHING_MATCHES, INCOMPLETE = 1, 3
_PER_SECOND = 100.0
_HELP = "send published events once more to one consumer; nothing changes in the outbox"
_DESCRIPTION = """
Sends published, still retained events once more, to one queue or topic, in the order of their ids.
The outbox is only read, and no other consumer gets anything (`resync` publishes to everybody, for
a broker that forgot). Exit code 1: nothing matches. Exit code 3: not everything was sent; what is
printed says how to go on.
"""
_COUNTING = (
    "with --type, a consumer that counts the versions of streams meets gaps: send it whole streams"
)


def declare(verbs: Any) -> None:
    """Add the verb to a command's parser."""
    replay = verbs.add_parser("replay", help=_HELP, description=_DESCRIPTION)
    replay.add_argument("--since", type=instant, help="recorded then or later; ISO 8601 with zone")
    replay.add_argument("--until", type=instant, help="recorded before")
    replay.add_argument("--stream", help="of one stream")
    replay.add_argument("--type", dest="event_type", help="of one type; mind the versions")
    replay.add_argument("--after", type=int, metavar="ID", help="go on behind this id")
    replay.add_argument(
        "--to",
        required=True,
        metavar="QUEUE|TOPIC",
        help="a name in OUTBOX_QUEUE_URLS or OUTBOX_TOPIC_ARNS, a queue's URL, or an ARN",
    )
    replay.add_argument(
        "--rate", type=float, default=_PER_SECOND, help="events a second at most (%(default)s)"
    )
    replay.add_argument("--dry-run", action="store_true", help="count only")
    replay.set_defaults(run=_replay)


def _replay(command: BaseCommand, options: dict[str, Any]) -> None:
    selection, publisher = _selection(options), _destination(options)
    if options["event_type"]:
        command.stderr.write(f"warning: {_COUNTING}")
    with connect("outbox replay") as connection:
        shares = count_published(connection, selection)
        if not shares:
            raise CommandError("nothing matches", returncode=NOTHING_MATCHES)
        if options["dry_run"]:
            _tell_what_would_be_sent(command, shares, options["to"])
            return
        _send(command, connection, selection, publisher, shares=shares, options=options)


def _selection(options: dict[str, Any]) -> Selection:
    names = ("since", "until", "stream", "event_type", "after")
    given = {name: options[name] for name in names}
    if all(value is None for value in given.values()):
        raise CommandError("say which events: --since, --until, --stream, --type or --after")
    if options["rate"] <= 0:
        raise CommandError("--rate must be more than 0")
    return Selection(**given)


def _destination(options: dict[str, Any]) -> Publisher:
    try:
        return open_destination(options["to"])
    except UnknownDestination as error:
        raise CommandError(str(error)) from error


def _send(
    command: BaseCommand,
    connection: psycopg.Connection[Any],
    selection: Selection,
    publisher: Publisher,
    *,
    shares: list[Share],
    options: dict[str, Any],
) -> None:
    replay = Replay(publisher, Throttle(per_second=options["rate"], burst=MAX_ENTRIES))
    total = sum(share.events for share in shares)
    interruption = None
    with (
        closing(select_published(connection, selection)) as messages,
        tqdm(total=total, unit="event", disable=None) as progress,
    ):
        try:
            for count in replay.run(messages):
                progress.update(count)
        except (ReplayStopped, KeyboardInterrupt, psycopg.OperationalError) as error:
            interruption = str(error) or "interrupted"
    _tell_what_was_sent(command, replay.report, options["to"])
    if interruption is not None:
        raise CommandError(
            f"stopped: {interruption}\n{_how_to_go_on(replay.report, options)}",
            returncode=INCOMPLETE,
        )
    if not replay.report.is_complete:
        raise CommandError(_what_is_missing(replay.report), returncode=INCOMPLETE)


def _tell_what_would_be_sent(command: BaseCommand, shares: list[Share], to: str) -> None:
    for share in shares:
        command.stdout.write(
            f"{share.events:>10} {share.event_type}, {share.payload_bytes} bytes,"
            f" ids {share.first_id} to {share.last_id}"
        )
    command.stdout.write(f"{sum(share.events for share in shares)} events would be sent to {to}")


def _tell_what_was_sent(command: BaseCommand, report: Report, to: str) -> None:
    upto = "" if report.last_id is None else f", up to id {report.last_id}"
    command.stdout.write(f"{report.sent} events sent to {to}{upto}")


def _how_to_go_on(report: Report, options: dict[str, Any]) -> str:
    after = options["after"] if report.last_id is None else report.last_id
    same = "go on with the same arguments"
    return same if after is None else f"{same} and --after {after}"


def _what_is_missing(report: Report) -> str:
    lines = [
        f"{given_up.message.event_id} (id {given_up.message.id}, version"
        f" {given_up.message.version} of {given_up.message.stream}): {given_up.reason}"
        for given_up in report.given_up
    ]
    rest = f"{report.left_out} later events of the same streams were left out"
    go_on = [
        f"go on with --stream {given_up.message.stream} --after {given_up.message.id - 1}"
        for given_up in report.given_up
    ]
    return "\n".join([f"{len(lines)} events were refused", *lines, rest, *go_on])
