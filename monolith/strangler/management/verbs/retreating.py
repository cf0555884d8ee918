"""`rollback` and `dial`: down the ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from monolith.strangler import operations
from monolith.strangler.management import speaking
from monolith.strangler.reporting import planned

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verbs."""
    rollback = verbs.add_parser("rollback", help="go down: one command, always allowed")
    rollback.add_argument("path")
    rollback.add_argument("--to", metavar="RUNG", default="monolith")
    speaking.add_reason(rollback)
    rollback.set_defaults(run=_roll_back)
    dial = verbs.add_parser("dial", help="turn shares down: shadow=1000 canary=500 verify=1000")
    dial.add_argument("path")
    dial.add_argument("settings", nargs="+", metavar="NAME=VALUE", help="basis points; =? reads")
    dial.add_argument("--reason", default="")
    dial.add_argument("--as", dest="actor", default="")
    dial.set_defaults(run=_dial)


def _roll_back(command: BaseCommand, options: dict[str, Any]) -> None:
    changed = operations.roll_back(
        path=options["path"],
        to_rung=options["to"],
        actor=speaking.actor(options["actor"]),
        reason=options["reason"],
        at=timezone.now(),
    )
    speaking.say_changed(command, changed)


def _dial(command: BaseCommand, options: dict[str, Any]) -> None:
    wanted = [_setting(text) for text in options["settings"]]
    read = [name for name, value in wanted if value is None]
    for name, value in planned.dials(options["path"]).items():
        if name in read:
            command.stdout.write(f"{name}={value}")
    changes = {name: value for name, value in wanted if value is not None}
    if changes:
        changed = operations.dial(
            path=options["path"],
            settings=changes,
            actor=speaking.actor(options["actor"]),
            reason=options["reason"],
            at=timezone.now(),
        )
        speaking.say_changed(command, changed)


def _setting(text: str) -> tuple[str, int | None]:
    name, _, value = text.partition("=")
    if value == "?":
        return name, None
    if not value.isdigit():
        raise speaking.fail(f"{text!r}: expected NAME=BASIS-POINTS or NAME=?", speaking.ERROR)
    return name, int(value)
