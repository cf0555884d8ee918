"""`manage.py strangler`: everything the engineer does who moves a read path."""

from __future__ import annotations

import getpass
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from monolith.strangler import operations, queries, registry
from monolith.strangler.management.verbs import backfill, reconcile
from monolith.strangler.stages import Stage, UnknownStage, stage_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import CommandParser

    from monolith.strangler.models import BackfillRun, Transition
    from monolith.strangler.queries import PathStatus

ERRORS, REFUSED, CONFLICT = 1, 2, 6
_VERBS = {"backfill": backfill, "reconcile": reconcile}
_HELP = {
    "backfill": "send the service a snapshot of every key",
    "reconcile": "compare both answers for every key",
}
_EXIT_CODES: dict[type[Exception], int] = {
    operations.AdvanceRefused: REFUSED,
    operations.NothingToRollBack: REFUSED,
    operations.ReasonMissing: REFUSED,
    operations.StateChanged: CONFLICT,
    registry.PathNotDeclared: ERRORS,
    UnknownStage: ERRORS,
}


class Command(BaseCommand):
    """Parses a verb, makes one call, prints what came of it."""

    help = "Move read paths out to services and back."
    # Whatever else is broken in the shop, a path can be rolled back.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        status = verbs.add_parser("status", help="where the paths stand")
        status.add_argument("path", nargs="?")
        status.add_argument("--json", action="store_true")
        advance = verbs.add_parser("advance", help="let the service answer, once it is filled")
        advance.add_argument("--to", metavar="STAGE", help="default: the next stage")
        rollback = verbs.add_parser(
            "rollback", help="let the monolith answer again: always allowed"
        )
        for verb in (advance, rollback):
            verb.add_argument("path")
            verb.add_argument("--reason", required=True, help="kept in the audit")
        for name, module in _VERBS.items():
            module.add_arguments(verbs.add_parser(name, help=_HELP[name]))
        audit = verbs.add_parser("audit", help="every change of stage, oldest first")
        audit.add_argument("path", nargs="?")
        audit.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, verb: str, **options: Any) -> None:
        """Do what the verb says; errors end with their exit code."""
        verbs: dict[str, Callable[..., None]] = {
            "status": self._status,
            "advance": self._advance,
            "rollback": self._roll_back,
            "backfill": partial(backfill.run, self),
            "reconcile": partial(reconcile.run, self),
            "audit": self._audit,
        }
        try:
            verbs[verb](**options)
        except tuple(_EXIT_CODES) as error:
            raise CommandError(str(error), returncode=_EXIT_CODES[type(error)]) from error

    def _status(self, *, path: str | None, json: bool, **_: Any) -> None:
        found = [queries.get_status(name) for name in ([path] if path else registry.names())]
        if json:
            self._print_json([_status_facts(status) for status in found])
        for status in found if not json else ():
            self.stdout.write("\n".join(_status_lines(status)))

    def _advance(self, *, path: str, reason: str, to: str | None, **_: Any) -> None:
        stage = stage_called(to) if to else None
        self._say_moved(
            operations.advance(
                path=path, actor=_actor(), reason=reason, at=timezone.now(), to=stage
            )
        )

    def _roll_back(self, *, path: str, reason: str, **_: Any) -> None:
        self._say_moved(
            operations.roll_back(path=path, actor=_actor(), reason=reason, at=timezone.now())
        )

    def _say_moved(self, moved: Transition) -> None:
        self.stdout.write(
            f"{moved}, by {moved.actor}: {moved.reason} "
            f"(written in {moved.took_microseconds / 1000:.1f} ms, "
            f"in force in every process within {queries.POLL_SECONDS:.0f} s)"
        )

    def _audit(self, *, path: str | None, json: bool, **_: Any) -> None:
        transitions = queries.list_transitions(path)
        if json:
            self._print_json([_transition_facts(moved) for moved in transitions])
        for moved in transitions if not json else ():
            self.stdout.write(
                f"{moved.at:%Y-%m-%d %H:%M:%S} UTC  {moved}, by {moved.actor}: {moved.reason}"
            )

    def _print_json(self, facts: object) -> None:
        self.stdout.write(json.dumps(facts, indent=2, default=str))


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def _transition_facts(moved: Transition) -> dict[str, Any]:
    return {
        "path": moved.path,
        "version": moved.version,
        "from": Stage(moved.from_stage).label,
        "to": Stage(moved.to_stage).label,
        "actor": moved.actor,
        "reason": moved.reason,
        "at": moved.at.isoformat(),
        "took_microseconds": moved.took_microseconds,
    }


def _status_facts(status: PathStatus) -> dict[str, Any]:
    run = status.backfill
    return {
        "path": status.path,
        "stage": status.stage.label,
        "version": status.version,
        "is_killed": status.is_killed,
        "has_address": status.has_address,
        "last_transition": status.last_transition and _transition_facts(status.last_transition),
        "backfill": run
        and {
            "keys_done": run.keys_done,
            "started_at": run.started_at.isoformat(),
            "finished_at": run.finished_at and run.finished_at.isoformat(),
        },
        "next_steps": _next_steps(status),
    }


def _status_lines(status: PathStatus) -> Iterator[str]:
    moved = status.last_transition
    since = (
        f"  since {moved.at:%Y-%m-%d %H:%M:%S} UTC by {moved.actor}: {moved.reason}"
        if moved
        else ""
    )
    yield f"{status.path}  {status.stage.label}{since}"
    if status.is_killed:
        yield "  KILLED: the monolith answers, whatever the stage"
    if not status.has_address:
        yield "  no service is deployed: no address"
    yield f"  backfill  {_backfill_line(status.backfill)}"
    for step in _next_steps(status):
        yield f"  next      {step}"


def _backfill_line(run: BackfillRun | None) -> str:
    if run is None:
        return "not begun"
    if run.finished_at is None:
        return f"not finished: {run.keys_done:,} keys done, up to {run.position or 'the start'}"
    return f"finished at {run.finished_at:%Y-%m-%d %H:%M:%S} UTC: {run.keys_done:,} keys"


def _next_steps(status: PathStatus) -> list[str]:
    run, command = status.backfill, "manage.py strangler"
    if status.stage >= Stage.SERVICE:
        return [f"{command} rollback {status.path} --reason ..."]
    if run is None or run.finished_at is None:
        return [f"{command} backfill {status.path}"]
    return [
        f"{command} reconcile {status.path}",
        f"{command} advance {status.path} --reason ...",
    ]
