"""`manage.py strangler lint`: is all there that the runbook names, and its page true?"""

from __future__ import annotations

from argparse import ArgumentError
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from monolith.strangler import runbook
from monolith.strangler.management import speaking

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

    from django.core.management.base import BaseCommand


def add_arguments(parser: ArgumentParser) -> None:
    """Declare nothing: there is nothing to say behind `lint`."""


def run(command: BaseCommand, **_options: Any) -> None:
    """Look at every step; ends with 2 if something is wrong."""

    def refusal_of(words: Sequence[str]) -> str | None:
        parser = command.create_parser("manage.py", "strangler")
        try:
            parser.parse_args([*words])
        except (CommandError, ArgumentError) as error:
            return str(error)
        return None

    found = runbook.complaints(refusal_of)
    if found:
        raise speaking.fail("\n".join(found), speaking.REFUSED)
    command.stdout.write(f"{len(runbook.all_steps())} steps, nothing to complain of")
