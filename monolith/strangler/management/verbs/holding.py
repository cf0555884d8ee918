"""`pause`, `resume`, `lift`, `kill`, `unkill`, `waive`, `put`: holding paths and customers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from monolith.strangler import operations
from monolith.strangler.management import speaking
from monolith.strangler.state.controls import EVERYTHING

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verbs."""
    pause = verbs.add_parser("pause", help="let nobody advance the path; reads go on")
    pause.add_argument("path")
    pause.add_argument("--for", dest="lasts", type=speaking.length, help="such as 2h")
    speaking.add_reason(pause)
    pause.set_defaults(run=_pause)
    for name, call, help_text in (
        ("resume", operations.resume, "let the path advance again"),
        ("lift", operations.lift, "lift a freeze, once its cause is understood"),
    ):
        verb = verbs.add_parser(name, help=help_text)
        verb.add_argument("path")
        speaking.add_reason(verb)
        verb.set_defaults(run=partial(_hold, call))
    for name, help_text in (
        ("kill", "send reads to the monolith at once, whatever the stage"),
        ("unkill", "lift a kill"),
    ):
        verb = verbs.add_parser(name, help=help_text)
        which = verb.add_mutually_exclusive_group(required=True)
        which.add_argument("path", nargs="?", default="")
        which.add_argument("--all", action="store_true", help="every path")
        speaking.add_reason(verb)
        verb.set_defaults(run=_kill if name == "kill" else _unkill)
    waive = verbs.add_parser("waive", help="let a gate pass for a while, by two people")
    waive.add_argument("path")
    waive.add_argument("gate")
    waive.add_argument("--for", dest="lasts", type=speaking.length, required=True)
    waive.add_argument("--approved-by", required=True, help="the second person")
    speaking.add_reason(waive)
    waive.set_defaults(run=_waive)
    put = verbs.add_parser("put", help="put a customer into the canary, or out, until a date")
    put.add_argument("path")
    put.add_argument("where", choices=["in", "out", "back"])
    put.add_argument("subject")
    put.add_argument("--for", dest="lasts", type=speaking.length, default=speaking.length("7d"))
    speaking.add_reason(put)
    put.set_defaults(run=_put)


def _who(options: dict[str, Any]) -> dict[str, Any]:
    return {
        "actor": speaking.actor(options["actor"]),
        "reason": options["reason"],
        "at": timezone.now(),
    }


def _pause(command: BaseCommand, options: dict[str, Any]) -> None:
    until = timezone.now() + options["lasts"] if options["lasts"] else None
    changed = operations.pause(path=options["path"], until=until, **_who(options))
    speaking.say_changed(command, changed)


def _hold(call: Any, command: BaseCommand, options: dict[str, Any]) -> None:
    speaking.say_changed(command, call(path=options["path"], **_who(options)))


def _kill(command: BaseCommand, options: dict[str, Any]) -> None:
    """Kill by file first: that works on this machine even while the database is down."""
    path = EVERYTHING if options["all"] else options["path"]
    file = getattr(settings, "STRANGLER_KILL_FILE", None)
    if file is not None:
        _write_names(file, _names(file) | {path})
        command.stdout.write(f"on this machine at once: {path} is named in the kill file")
    try:
        speaking.say_changed(command, operations.kill(path=path, **_who(options)))
    except DatabaseError as error:
        raise speaking.fail(
            f"the database does not answer ({str(error).strip()}): only this machine knows. "
            f"Set STRANGLER_KILL={path} in the environment of the others",
            speaking.ERROR,
        ) from error


def _unkill(command: BaseCommand, options: dict[str, Any]) -> None:
    path = EVERYTHING if options["all"] else options["path"]
    speaking.say_changed(command, operations.unkill(path=path, **_who(options)))
    file = getattr(settings, "STRANGLER_KILL_FILE", None)
    if file is not None and path in _names(file):
        _write_names(file, _names(file) - {path})
    if path in settings.STRANGLER_KILL:
        command.stderr.write(f"STRANGLER_KILL still names {path}: the environment has to change")


def _names(file: Path) -> set[str]:
    if not Path(file).exists():
        return set()
    return set(Path(file).read_text(encoding="utf-8").replace(",", " ").split()) or {EVERYTHING}


def _write_names(file: Path, names: set[str]) -> None:
    if names:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text("\n".join(sorted(names)) + "\n", encoding="utf-8")
    else:
        Path(file).unlink(missing_ok=True)


def _waive(command: BaseCommand, options: dict[str, Any]) -> None:
    made = operations.waive(
        path=options["path"],
        gate=options["gate"],
        requested_by=speaking.actor(options["actor"]),
        approved_by=options["approved_by"],
        reason=options["reason"],
        at=timezone.now(),
        lasts=options["lasts"],
    )
    command.stdout.write(
        f"gate {made.gate} of {made.path} is waived until {made.expires_at:%Y-%m-%d %H:%M} UTC "
        f"by {made.requested_by} and {made.approved_by}: {made.reason}"
    )


def _put(command: BaseCommand, options: dict[str, Any]) -> None:
    path, subject = options["path"], options["subject"]
    if options["where"] == "back":
        ended = operations.end_exception(path=path, subject=subject, **_who(options))
        command.stdout.write(f"{subject}: {'the lot decides again' if ended else 'no exception'}")
        return
    made = operations.except_subject(
        path=path,
        subject=subject,
        is_in=options["where"] == "in",
        **_who(options),
        expires_at=timezone.now() + options["lasts"],
    )
    where = "in" if made.is_in else "out"
    command.stdout.write(
        f"{subject} is put {where} for {made.family} until {made.expires_at:%Y-%m-%d %H:%M} UTC"
    )
