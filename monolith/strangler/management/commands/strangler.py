"""`manage.py strangler`: everything the engineer does who moves a read path."""

from __future__ import annotations

import getpass
import json
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from monolith.strangler import backfill, operations, queries, reconciliation, registry
from monolith.strangler.management.verbs import retirement
from monolith.strangler.reconciliation import Final
from monolith.strangler.stages import Stage, UnknownStage, stage_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import CommandParser

    from monolith.strangler.models import BackfillRun, Transition
    from monolith.strangler.queries import PathStatus
    from monolith.strangler.reconciliation import Report

REFUSED, CONFLICT, HELD = 2, 6, 7
# Reconciliation adds up what it found.
ERRORS, DIFFERENCES, SKIPPED = 1, 16, 32
_SAMPLES = 10
_BIT_OF = {
    Final.ERROR: ERRORS,
    Final.WRONG: DIFFERENCES,
    Final.MISSING: DIFFERENCES,
    Final.STALE_OVERDUE: DIFFERENCES,
    Final.UNSETTLED: SKIPPED,
}
_EXIT_CODES: dict[type[Exception], int] = {
    operations.AdvanceRefused: REFUSED,
    operations.NothingToRollBack: REFUSED,
    operations.ReasonMissing: REFUSED,
    operations.StateChanged: CONFLICT,
    backfill.BackfillStalled: HELD,
    reconciliation.ServiceAddressMissing: ERRORS,
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
        fill = verbs.add_parser("backfill", help="send the service a snapshot of every key")
        fill.add_argument("path")
        fill.add_argument("--restart", action="store_true", help="begin again from the first key")
        reconcile = verbs.add_parser("reconcile", help="compare both answers for every key")
        reconcile.add_argument("path")
        reconcile.add_argument("--json", action="store_true")
        reconcile.add_argument(
            "--patience", type=float, default=60.0, help="seconds without progress to wait (60)"
        )
        retirement.add_arguments(
            verbs.add_parser("retirement", help="what to delete, once retired")
        )
        audit = verbs.add_parser("audit", help="every change of stage, oldest first")
        audit.add_argument("path", nargs="?")
        audit.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, verb: str, **options: Any) -> None:
        """Do what the verb says; errors end with their exit code."""
        verbs: dict[str, Callable[..., None]] = {
            "status": self._status,
            "advance": self._advance,
            "rollback": self._roll_back,
            "backfill": self._backfill,
            "reconcile": self._reconcile,
            "audit": self._audit,
            "retirement": partial(retirement.run, self),
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

    def _backfill(self, *, path: str, restart: bool, **_: Any) -> None:
        limit = getattr(settings, "STRANGLER_BACKFILL_MAX_PENDING", backfill.MAX_PENDING)
        with self._progress(f"backfill {path}") as report:
            run = backfill.run(path, restart=restart, max_pending=limit, report=report)
        self.stdout.write(
            f"backfill of {path} finished at {run.finished_at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{run.keys_done:,} keys (--restart begins again)"
        )

    def _reconcile(self, *, path: str, json: bool, patience: float, **_: Any) -> None:
        with self._progress(f"reconcile {path}") as report:
            result = reconciliation.run(path, patience_seconds=patience, report=report)
        if json:
            self._print_json(_report_facts(result))
        else:
            self.stdout.write("\n".join(_report_lines(result)))
        bits = sum(
            {_BIT_OF[final] for final in result.counts if result.counts[final] and final in _BIT_OF}
        )
        if bits:
            raise CommandError("not every answer agrees", returncode=bits)

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

    @contextmanager
    def _progress(self, title: str) -> Iterator[Callable[[int, str], None]]:
        often = 0.5 if sys.stderr.isatty() else 10  # a log keeps every line
        with tqdm(desc=title, unit=" keys", file=sys.stderr, mininterval=often) as bar:

            def report(keys: int, note: str) -> None:
                bar.set_postfix_str(note, refresh=False)
                bar.update(keys)

            yield report


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


def _report_facts(report: Report) -> dict[str, Any]:
    return {
        "path": report.path,
        "keys": report.keys,
        "seconds": round(report.seconds, 2),
        "counts": {final.value: report.counts.get(final, 0) for final in Final},
        "findings": [
            {
                "key": finding.key,
                "outcome": finding.final.value,
                "differences": [str(difference) for difference in finding.differences],
            }
            for finding in report.findings
        ],
    }


def _report_lines(report: Report) -> Iterator[str]:
    yield f"{report.path}: {report.keys:,} keys compared in {report.seconds:.1f} s"
    for final in Final:
        yield f"  {final.value:<14}{report.counts.get(final, 0):>9,}"
    for finding in report.findings[:_SAMPLES]:
        places = ", ".join(str(difference) for difference in finding.differences[:_SAMPLES])
        yield f"  {finding.final.value}: key {finding.key}: {places or 'no answer to compare'}"
    if len(report.findings) > _SAMPLES:
        yield f"  and {len(report.findings) - _SAMPLES:,} more (--json lists all)"
