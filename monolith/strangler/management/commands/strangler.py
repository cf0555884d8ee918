"""`manage.py strangler`: everything the engineer does who moves a read path. The verbs do it."""

from __future__ import annotations

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

    from django.core.management.base import CommandParser

# Each declares one verb, or several that belong together.
_MODULES = (
    looking, climbing, retreating, holding, auditing, backfill, reconcile, drill, watch, gates,
    mismatches, rules, runbook, lint, replay, retirement,
)  # fmt: skip


class Command(BaseCommand):
    """Lets each verb declare itself, and runs the one that was asked for."""

    help = "Move read paths out to services and back."
    # Whatever else is broken in the shop, a path can be rolled back.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the verbs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        for module in _MODULES:
            module.declare(verbs)

    def handle(self, *, run: Callable[[BaseCommand, dict[str, Any]], None], **options: Any) -> None:
        """Run one verb; errors end with their exit code."""
        with ending_with_codes():
            run(self, options)
