"""`manage.py strangler backfill`: fill a service, and steer whichever process is at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from monolith.strangler import backfill
from monolith.strangler.management import speaking

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable

    from django.core.management.base import BaseCommand

    from monolith.strangler.models import BackfillRun

REFUSED, HELD = 2, 7
START = "start"
_DESCRIPTION = """
start: send a snapshot of every key, from where an unfinished backfill stopped; `backfill PATH` is
short for it. pause, resume, abort and set act on the backfill under way, whichever process is at
it, and are in force before its next chunk. Whoever steers says why: --reason is kept in the audit.
chunk=? reads a knob. There are: {knobs}.
"""
_STARTED_WITH = "the backfill was started with these knobs"
_UNFINISHED = "no backfill was begun: manage.py strangler backfill {path}"


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "backfill", help="send the service a snapshot of every key, and steer that"
    )
    knobs = ", ".join(f"{name} ({knob.says})" for name, knob in backfill.KNOBS.items())
    parser.description = _DESCRIPTION.format(knobs=knobs)
    parser.add_argument(
        "words",
        nargs="+",
        metavar="[start|pause|resume|abort|status|set] PATH [KNOB=VALUE|KNOB=?]",
    )
    parser.add_argument("--restart", action="store_true", help="begin again from the first key")
    parser.add_argument("--json", action="store_true", help="status as one JSON object")
    parser.add_argument("--reason", default="", help="kept in the audit; needed to steer")
    parser.add_argument("--as", dest="actor", default="", help="who acts (default: you)")
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Do what the words say; errors end with their exit code."""
    action, path, knobs = _read(options["words"])
    try:
        _ACTIONS[action](command, path, knobs, options)
    except backfill.BackfillStalled as error:
        raise CommandError(str(error), returncode=HELD) from error
    except (backfill.NoBackfill, backfill.BadKnob) as error:
        raise CommandError(str(error), returncode=REFUSED) from error


def _read(words: list[str]) -> tuple[str, str, dict[str, str]]:
    action, *rest = words if words[0] in _ACTIONS else [START, *words]
    if not rest:
        raise CommandError(f"backfill {action}: which path?")
    path, *pairs = rest
    knobs = dict(pair.partition("=")[::2] for pair in pairs)
    if knobs and action not in (START, "set"):
        raise CommandError(f"backfill {action} turns no knobs: use set")
    return action, path, knobs


def _start(command: BaseCommand, path: str, knobs: dict[str, str], options: dict[str, Any]) -> None:
    with speaking.progress(f"backfill {path}") as report:
        done = backfill.run(
            path,
            restart=options["restart"],
            knobs=knobs,
            who=speaking.who(options | {"reason": options["reason"] or _STARTED_WITH}),
            report=report,
        )
    if done.abandoned_at is not None:
        raise CommandError(f"{_counted(done)}: aborted", returncode=REFUSED)
    command.stdout.write(
        f"backfill of {path} finished at {done.finished_at:%Y-%m-%d %H:%M:%S} UTC: "
        f"{done.keys_done:,} keys (--restart begins again)"
    )


def _pause(
    command: BaseCommand, path: str, _knobs: dict[str, str], options: dict[str, Any]
) -> None:
    command.stdout.write(f"{_counted(backfill.pause(path, speaking.who(options)))}: paused")


def _resume(
    command: BaseCommand, path: str, _knobs: dict[str, str], options: dict[str, Any]
) -> None:
    resumed = backfill.resume(path, speaking.who(options))
    command.stdout.write(f"{_counted(resumed)}: goes on")
    if backfill.progress_of(resumed, at=timezone.now()).state is backfill.State.STUCK:
        command.stdout.write(
            f"no process is at it: start one with manage.py strangler backfill {path}"
        )


def _abort(
    command: BaseCommand, path: str, _knobs: dict[str, str], options: dict[str, Any]
) -> None:
    command.stdout.write(f"{_counted(backfill.abort(path, speaking.who(options)))}: aborted")


def _status(
    command: BaseCommand, path: str, _knobs: dict[str, str], options: dict[str, Any]
) -> None:
    progress = backfill.get_progress(path, at=timezone.now())
    if progress is None:
        raise CommandError(_UNFINISHED.format(path=path), returncode=REFUSED)
    if options["json"]:
        speaking.print_json(command, progress.facts())
    else:
        command.stdout.write(str(progress))


def _set(command: BaseCommand, path: str, knobs: dict[str, str], options: dict[str, Any]) -> None:
    if not knobs:
        raise CommandError("backfill set: which knob? chunk=2000 nice=0.5 pending=500, chunk=?")
    turned = {name: value for name, value in knobs.items() if value != "?"}
    if turned:
        backfill.turn(path, turned, speaking.who(options))
    for name in knobs:
        command.stdout.write(f"{name}={backfill.read_knob(path, name)}")


def _counted(done: BackfillRun) -> str:
    return f"backfill of {done.path}, {done.keys_done:,} keys done"


_ACTIONS: dict[str, Callable[[BaseCommand, str, dict[str, str], dict[str, Any]], None]] = {
    START: _start,
    "pause": _pause,
    "resume": _resume,
    "abort": _abort,
    "status": _status,
    "set": _set,
}
