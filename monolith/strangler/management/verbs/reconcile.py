"""`manage.py strangler reconcile`: prove that both sides agree, or say where they do not."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from monolith.strangler import reconciliation, registry
from monolith.strangler.calling import clients
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.management import speaking
from monolith.strangler.management.speaking import progress
from monolith.strangler.reconciliation import Final, Repair
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Iterable, Iterator

    from django.core.management.base import BaseCommand

    from monolith.strangler.reconciliation import Report, Step

# The exit code adds up what was found.
ERRORS, DIFFERENCES, SKIPPED, REPAIRED = 1, 16, 32, 64
_SAMPLES = 10
_BIT_OF = {
    Final.ERROR: ERRORS,
    Final.WRONG: DIFFERENCES,
    Final.MISSING: DIFFERENCES,
    Final.EXTRA: DIFFERENCES,
    Final.STALE_OVERDUE: DIFFERENCES,
    Final.UNSETTLED: SKIPPED,
    Final.REPAIRED: REPAIRED,
}
_DESCRIPTION = """
Compares both answers for every key, at equal versions, and looks for keys that only the service
has. Exit code, added up: 1 a key could not be compared, 16 keys differ, 32 keys never stood still,
64 keys were repaired. --repair says which keys' snapshots would be sent again; with --execute, they
are. --continuous ends when the path falls below shadow. --all compares every path that stands at
service or beyond, one after the other; its exit code has every bit that one of them has.
"""
_COLUMNS = ("path", "keys", "agree", "differ", "unsettled", "error", "seconds")


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "reconcile", help="compare both answers for every key; repair what differs"
    )
    parser.description = _DESCRIPTION
    parser.add_argument("path", nargs="?")
    parser.add_argument(
        "--all", action="store_true", dest="is_all", help="every path at service or beyond"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds without progress to wait (60)"
    )
    parser.add_argument(
        "--per-key", action="store_true", help="compare page by page at once, without checksums"
    )
    parser.add_argument("--resume", action="store_true", help="go on where the last one stopped")
    parser.add_argument("--repair", action="store_true", help="say what would be sent again")
    parser.add_argument("--execute", action="store_true", help="with --repair: send it")
    parser.add_argument(
        "--continuous", action="store_true", help="again and again while the path is in shadow"
    )
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Compare, say what came of it, and end with the exit code that adds it up."""
    path = options["path"]
    _refuse_nonsense(options)
    try:
        if options["is_all"]:
            _run_all(command, options)
            return
        if options["continuous"]:
            _run_continuously(command, path)
            return
        report = _run_once(path, options)
    except (clients.ServiceAddressMissing, reconciliation.TooManyToRepair) as error:
        raise CommandError(str(error), returncode=ERRORS) from error
    _tell(command, report, options)


def _refuse_nonsense(options: dict[str, Any]) -> None:
    if options["execute"] and not options["repair"]:
        raise CommandError("--execute executes a --repair")
    if options["is_all"] == bool(options["path"]):
        raise CommandError("reconcile which path? Name one, or say --all")
    for one in ("repair", "continuous", "resume"):
        if options["is_all"] and options[one]:
            raise CommandError(f"--{one} is for one path at a time")


def _run_all(command: BaseCommand, options: dict[str, Any]) -> None:
    paths = [name for name in registry.names() if queries.get_status(name).stage >= Stage.SERVICE]
    if not paths:
        raise CommandError("no path stands at service: nothing was compared", returncode=ERRORS)
    reports = [_run_once(path, options) for path in paths]
    if options["json"]:
        speaking.print_json(command, [_facts(report) for report in reports])
    else:
        command.stdout.write("\n".join(_table(reports)))
    bits = {report.path: _bits(report) for report in reports}
    if any(bits.values()):
        worst = ", ".join(path for path in paths if bits[path])
        raise CommandError(
            f"not every answer agrees: {worst}", returncode=reduce(or_, bits.values())
        )


def _table(reports: Iterable[Report]) -> Iterator[str]:
    for cells in (_COLUMNS, *map(_cells, reports)):
        first, *others = cells
        yield f"{first:<20}" + "".join(f"{cell:>11}" for cell in others)


def _cells(report: Report) -> tuple[str, ...]:
    found = Counter(dict.fromkeys(_BIT_OF.values(), 0))
    for final, count in report.counts.items():
        found[_BIT_OF.get(final, 0)] += count
    counts = (report.keys, found[0], found[DIFFERENCES], found[SKIPPED], found[ERRORS])
    return (report.path, *(f"{count:,}" for count in counts), f"{report.seconds:.1f}")


def _run_once(path: str, options: dict[str, Any]) -> Report:
    repair = Repair.EXECUTE if options["execute"] else Repair.DRY_RUN
    with progress(f"reconcile {path}") as report:
        return reconciliation.run(
            path,
            patience_seconds=options["patience"],
            is_per_key=options["per_key"],
            is_resumed=options["resume"],
            repair=repair if options["repair"] else Repair.NOTHING,
            report=report,
        )


def _run_continuously(command: BaseCommand, path: str) -> None:
    def tell(step: Step) -> None:
        if step.finished is not None:
            verified = reconciliation.freshness(path, timezone.now())
            command.stdout.write(f"{path}: {step.finished.keys:,} keys, {verified}")

    last = reconciliation.run_continuously(path, report=tell, is_stopped=lambda: False)
    command.stdout.write(f"{path}: {last.note}")


def _tell(command: BaseCommand, report: Report, options: dict[str, Any]) -> None:
    if options["json"]:
        speaking.print_json(command, _facts(report))
    else:
        command.stdout.write("\n".join(_lines(report)))
        if options["repair"]:
            command.stdout.write("\n".join(_repair_lines(report, options)))
    if bits := _bits(report):
        raise CommandError(
            "the service was repaired" if bits == REPAIRED else "not every answer agrees",
            returncode=bits,
        )


def _bits(report: Report) -> int:
    return sum({_BIT_OF[final] for final in _BIT_OF if report.counts.get(final)})


def _facts(report: Report) -> dict[str, Any]:
    return {
        "path": report.path,
        "keys": report.keys,
        "seconds": round(report.seconds, 2),
        "counts": {final.value: report.counts.get(final, 0) for final in Final},
        "chunks": report.chunks,
        "chunks_bisected": report.chunks_bisected,
        "checksums_asked_for": report.requests,
        "has_looked_for_extras": report.has_looked_for_extras,
        "repairable": list(report.repairable),
        "findings": [
            {
                "key": finding.key,
                "outcome": finding.final.value,
                "differences": [str(difference) for difference in finding.differences],
            }
            for finding in report.findings
        ],
    }


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.path}: {report.keys:,} keys compared in {report.seconds:.1f} s{_by(report)}"
    for final in Final:
        yield f"  {final.value:<14}{report.counts.get(final, 0):>9,}"
    if not report.has_looked_for_extras:
        yield "  nobody looked for keys that only the service has: the path declares no list"
    for finding in report.findings[:_SAMPLES]:
        places = ", ".join(str(difference) for difference in finding.differences[:_SAMPLES])
        yield f"  {finding.final.value}: key {finding.key}: {places or 'no answer to compare'}"
    if len(report.findings) > _SAMPLES:
        yield f"  and {len(report.findings) - _SAMPLES:,} more (--json lists all)"


def _by(report: Report) -> str:
    if not report.requests:
        return ", page by page"
    return f", {report.requests:,} checksums over {report.chunks:,} chunks"


def _repair_lines(report: Report, options: dict[str, Any]) -> Iterator[str]:
    done = "were" if options["execute"] else "would be"
    yield f"  snapshots of {len(report.repairable):,} keys {done} sent again"
    for key in report.repairable[:_SAMPLES]:
        yield f"    {key}"
    if report.repairable and not options["execute"]:
        yield f"  manage.py strangler reconcile {report.path} --repair --execute sends them"
