"""`manage.py strangler lint`: is all there that the runbook names, and its page true?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from monolith.strangler import runbook
from monolith.strangler.management import speaking

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable, Sequence

    from django.core.management.base import BaseCommand


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    verbs.add_parser("lint", help="is everything there that the runbook names?").set_defaults(
        run=_run
    )


def _run(command: BaseCommand, _options: dict[str, Any]) -> None:
    """Look at every step; ends with 2 if something is wrong."""
    found = runbook.complaints(refusing(command))
    if found:
        raise speaking.fail("\n".join(found), speaking.REFUSED)
    command.stdout.write(f"{len(runbook.all_steps())} steps, nothing to complain of")


def refusing(command: BaseCommand) -> Callable[[Sequence[str]], str | None]:
    """Return what says why words cannot be typed behind a command, or None where they can."""

    def refusal_of(words: Sequence[str]) -> str | None:
        # Parsers that were made by code raise what they would otherwise print.
        parser = command.create_parser("manage.py", "strangler")
        try:
            parser.parse_args([*words])
        except CommandError as error:
            return str(error)
        return None

    return refusal_of
