"""`manage.py strangler drill`: put faults into a path's twin, and prove that they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monolith.strangler import drilling, registry
from monolith.strangler.drilling import FAULTS, RESTORE
from monolith.strangler.management import speaking

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand

    from monolith.strangler.models import Drill


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "drill", help="rehearse disasters on a path's twin: are they found, and rolled back?"
    )
    parser.add_argument("path")
    everything = ",".join([*FAULTS, RESTORE])
    parser.add_argument("--faults", help=f"default: those of {everything} that the path can have")
    parser.add_argument("--as", dest="actor", default="", help="who conducts it")
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Conduct the drill; ends with 2 if a fault was not found, or not rolled back in time."""
    path = options["path"]
    wanted = _wanted(path, options["faults"])
    if unknown := sorted({*wanted} - {*FAULTS, RESTORE}):
        raise speaking.fail(f"no such fault: {', '.join(unknown)}", speaking.ERROR)
    command.stdout.write(f"{path}: fault     found after   in force after   alarm")

    def report(conducted: Drill) -> None:
        command.stdout.write(_line(conducted))

    try:
        conducted = drilling.drill(
            path, faults=wanted, by=speaking.actor(options["actor"]), report=report
        )
    except drilling.DrillImpossible as error:
        raise speaking.fail(str(error), speaking.ERROR) from error
    failed = [each.fault for each in conducted if not each.has_passed]
    if failed:
        raise speaking.fail(f"not passed: {', '.join(failed)}", speaking.REFUSED)


def _wanted(path: str, named: str | None) -> list[str]:
    if named is None:
        return [*drilling.faults_of(registry.get_path(path)), RESTORE]
    return [name for name in named.split(",") if name]


def _line(conducted: Drill) -> str:
    verdict = "PASS" if conducted.has_passed else "FAIL"
    found, effective = (
        "-" if seconds is None else f"{seconds:.1f} s"
        for seconds in (conducted.detected_seconds, conducted.effective_seconds)
    )
    return (
        f"  {verdict}  {conducted.fault:<10}{found:>10}{effective:>16}   "
        f"{conducted.alarm or 'no alarm'} ({conducted.comparisons} reads)"
    )
