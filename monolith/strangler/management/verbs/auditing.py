"""`audit`: every change, oldest first; `audit verify`: is the chain whole? `explain`: why there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from monolith.strangler.deciding.cohort import bucket_of
from monolith.strangler.management import speaking
from monolith.strangler.registry import get_path
from monolith.strangler.routing import explaining
from monolith.strangler.state import audit, queries

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand

    from monolith.strangler.models import Transition


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verbs."""
    audited = verbs.add_parser("audit", help="every change, oldest first; or verify, or export")
    audited.add_argument("path", nargs="?", help="a path, or `verify`, or `export`")
    audited.add_argument("--json", action="store_true")
    audited.set_defaults(run=_audit)
    explain = verbs.add_parser("explain", help="why is somebody answered from there?")
    explain.add_argument("--path", default="")
    explain.add_argument("--user", dest="subject", default="", help="whom the read is about")
    explain.add_argument("--request", default="", help="the X-Request-Id of an answered request")
    explain.add_argument("--staff", action="store_true", help="as if staff asked")
    explain.add_argument("--json", action="store_true")
    explain.set_defaults(run=_explain)


def _audit(command: BaseCommand, options: dict[str, Any]) -> None:
    if options["path"] == "verify":
        _verify(command)
        return
    is_export = options["path"] == "export"
    changes = queries.list_transitions(None if is_export else options["path"])
    if options["json"] or is_export:
        speaking.print_json(command, [speaking.transition_facts(change) for change in changes])
        return
    for change in changes:
        command.stdout.write(_line(change))


def _verify(command: BaseCommand) -> None:
    problems = audit.verify()
    for problem in problems:
        command.stdout.write(str(problem))
    if problems:
        raise speaking.fail("the audit is not what was once written", speaking.ERROR)
    command.stdout.write(f"{len(queries.list_transitions()):,} changes, the chain is whole")


def _line(change: Transition) -> str:
    effect = getattr(change, "effect", None)
    seconds = f", in force after {effect.milliseconds / 1000:.1f} s" if effect else ""
    return (
        f"{change.at:%Y-%m-%d %H:%M:%S} UTC  {change}, by {change.actor} "
        f"({change.via}): {change.reason}{seconds}"
    )


def _explain(command: BaseCommand, options: dict[str, Any]) -> None:
    if options["request"]:
        _explain_request(command, options)
        return
    if not options["path"]:
        raise speaking.fail("say which --path, or which --request", speaking.ERROR)
    told = explaining.explain(
        path=options["path"],
        subject=options["subject"],
        at=timezone.now(),
        is_staff=options["staff"],
    )
    if options["json"]:
        steps = [{"rule": step.rule, "said": step.said and str(step.said)} for step in told.steps]
        speaking.print_json(command, {"facts": told.facts, "steps": steps})
        return
    _print_steps(command, told)


def _print_steps(command: BaseCommand, told: explaining.Explanation) -> None:
    if told.subject:
        family = get_path(told.path).family
        lot = bucket_of(family, told.subject)
        command.stdout.write(f"{told.path} for {told.subject}: lot {lot:,} of family {family}")
    for step in told.steps:
        command.stdout.write(f"  {step.rule:<18}{step.said or '-'}")
    command.stdout.write(f"  compared afterwards: {told.decision.check}")


def _explain_request(command: BaseCommand, options: dict[str, Any]) -> None:
    reads = explaining.list_reads(request_id=options["request"], path=options["path"])
    if not reads:
        raise speaking.fail(
            f"no read of request {options['request']} is on record (kept for a day, "
            "the latest 500 a second)",
            speaking.ERROR,
        )
    for read in reversed(reads):
        command.stdout.write(
            f"{read.at:%Y-%m-%d %H:%M:%S} UTC  {read.path} for {read.subject or 'nobody'}: "
            f"{read.source}, because {read.reason}; as of {read.as_of}, {read.milliseconds:.1f} ms"
        )
        command.stdout.write(f"  {read.facts}")
