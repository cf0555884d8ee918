"""`manage.py strangler`: everything the engineer does who moves a read path. The verbs do it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from monolith.strangler.management.exit_codes import ending_with_codes
from monolith.strangler.management.verbs import (
    auditing,
    backfill,
    climbing,
    drill,
    gates,
    holding,
    lint,
    looking,
    mismatches,
    reconcile,
    replay,
    retirement,
    retreating,
    rules,
    runbook,
    watch,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from django.core.management.base import CommandParser

# Each of these declares several verbs that belong together.
_GROUPS = (looking, climbing, retreating, holding, auditing)
# Each of these is one verb, called as its module.
_VERBS = {
    "backfill": (backfill, "send the service a snapshot of every key, and steer that"),
    "reconcile": (reconcile, "compare both answers for every key; repair what differs"),
    "drill": (drill, "rehearse disasters on a path's twin: are they found, and rolled back?"),
    "watch": (watch, "watch over all paths in the foreground"),
    "gates": (gates, "what the next rung takes, and what is there of it"),
    "mismatches": (mismatches, "what did not agree, grouped; values only on demand"),
    "rules": (rules, "differences that are agreed not to matter, until a date"),
    "runbook": (runbook, "what comes next on a path's way up; takes the steps"),
    "lint": (lint, "is everything there that the runbook names?"),
    "replay": (replay, "ask what nobody asked yet, so that every shape is compared"),
    "retirement": (retirement, "what of the monolith to delete, once a path is retired"),
}


class Command(BaseCommand):
    """Lets each verb declare itself, and runs the one that was asked for."""

    help = "Move read paths out to services and back."
    # Whatever else is broken in the shop, a path can be rolled back.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        for group in _GROUPS:
            group.declare(verbs)
        for name, (module, help_text) in _VERBS.items():
            parser_of_verb = verbs.add_parser(name, help=help_text)
            module.add_arguments(parser_of_verb)
            parser_of_verb.set_defaults(run=partial(_run, module))

    def handle(self, *, run: Callable[[BaseCommand, dict[str, Any]], None], **options: Any) -> None:
        """Run one verb; errors end with their exit code."""
        with ending_with_codes():
            run(self, options)


def _run(module: ModuleType, command: BaseCommand, options: dict[str, Any]) -> None:
    module.run(command, **options)
