"""`plan`, `approve`, `advance`, `place`: up the ladder."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from monolith.strangler import operations
from monolith.strangler.deciding import ladder
from monolith.strangler.management import speaking
from monolith.strangler.models import Plan
from monolith.strangler.reporting import planned
from monolith.strangler.state import epochs

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verbs."""
    plan = verbs.add_parser("plan", help="write down the next step; changes nothing")
    plan.add_argument("path")
    plan.add_argument("--to", metavar="RUNG", help="default: the next rung")
    plan.add_argument("--as", dest="actor", default="")
    plan.add_argument("--json", action="store_true")
    plan.set_defaults(run=_plan)
    approve = verbs.add_parser("approve", help="agree to somebody else's plan")
    approve.add_argument("plan", type=int)
    speaking.add_reason(approve)
    approve.set_defaults(run=_approve)
    advance = verbs.add_parser("advance", help="climb one rung, by a plan, on evidence")
    advance.add_argument("path")
    advance.add_argument("--plan", type=int, help="default: a new plan of the next rung")
    advance.add_argument("--ticket", default="")
    advance.add_argument(
        "--execute", action="store_true", help="do it; without, and without a terminal: only show"
    )
    speaking.add_reason(advance)
    advance.set_defaults(run=_advance)
    place = verbs.add_parser("place", help="put a path of a local shop on a rung, unearned")
    place.add_argument("path")
    place.add_argument("rung", choices=[rung.name for rung in ladder.RUNGS], metavar="RUNG")
    speaking.add_reason(place)
    place.set_defaults(run=_place)


def _plan(command: BaseCommand, options: dict[str, Any]) -> None:
    made = operations.plan(
        path=options["path"],
        to_rung=options["to"],
        actor=speaking.actor(options["actor"]),
        at=timezone.now(),
    )
    preview = planned.preview(made)
    if options["json"]:
        speaking.print_json(command, preview.as_json())
    else:
        command.stdout.write("\n".join(preview.lines()))


def _approve(command: BaseCommand, options: dict[str, Any]) -> None:
    given = operations.approve(
        plan_id=options["plan"],
        actor=speaking.actor(options["actor"]),
        reason=options["reason"],
        at=timezone.now(),
    )
    command.stdout.write(f"{given.plan} approved by {given.by}: {given.reason}")


def _advance(command: BaseCommand, options: dict[str, Any]) -> None:
    at, who = timezone.now(), speaking.actor(options["actor"])
    epochs.renew(options["path"], at=at)
    plan_id = options["plan"]
    if plan_id is None:
        plan_id = operations.plan(path=options["path"], actor=who, at=at).pk
    if not (options["execute"] or sys.stdin.isatty()):
        command.stdout.write("\n".join(planned.preview(Plan.objects.get(pk=plan_id)).lines()))
        command.stdout.write("  nothing was changed: --execute does it")
        return
    changed = operations.advance(
        plan_id=plan_id,
        actor=who,
        reason=options["reason"],
        ticket=options["ticket"],
        at=at,
    )
    speaking.say_changed(command, changed)


def _place(command: BaseCommand, options: dict[str, Any]) -> None:
    changed = operations.place(
        path=options["path"],
        rung=options["rung"],
        actor=speaking.actor(options["actor"]),
        reason=options["reason"],
        at=timezone.now(),
    )
    speaking.say_changed(command, changed)
