"""`manage.py strangler rules`: which differences are agreed not to matter, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.comparison.rules import hows
from monolith.strangler.management import speaking
from monolith.strangler.mismatches import normalising

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.core.management.base import BaseCommand

    from monolith.strangler.models import NormaliseRule

REFUSED = 2
_DAYS = 30.0


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "rules", help="differences that are agreed not to matter, until a date"
    )
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the rules, those that expire soonest first")
    listing.add_argument("path", nargs="?")
    listing.add_argument("--json", action="store_true")
    adding = actions.add_parser("add", help="agree that a difference does not matter for a while")
    adding.add_argument("path")
    adding.add_argument("name")
    adding.add_argument("--place", required=True, help="a pattern such as orders[].status")
    adding.add_argument("--how", required=True, choices=hows())
    adding.add_argument("--reason", required=True, help="why it does not matter")
    adding.add_argument("--owner", default="", help="who stands for it (default: you)")
    adding.add_argument("--as", dest="actor", default="", help="who acts (default: you)")
    adding.add_argument("--days", type=float, default=_DAYS, help="default 30, at most 90")
    expiring = actions.add_parser("expire", help="end a rule now")
    expiring.add_argument("path")
    expiring.add_argument("name")
    speaking.add_reason(expiring)
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Run one action."""
    _ACTIONS[options["action"]](command, options)


def _list(command: BaseCommand, options: dict[str, Any]) -> None:
    rules = normalising.list_rules(options["path"])
    if options["json"]:
        speaking.print_json(command, [_facts(rule) for rule in rules])
        return
    for rule in rules:
        until = timezone.localtime(rule.expires_at).isoformat(sep=" ", timespec="minutes")
        state = "until" if rule.expires_at > timezone.now() else "expired"
        command.stdout.write(
            f"{rule.path} {rule.name}: {rule.how} at {rule.place}, {state} {until}, "
            f"by {rule.owner}: {rule.reason}"
        )
    if not rules:
        command.stdout.write("no rules: every difference counts")


def _add(command: BaseCommand, options: dict[str, Any]) -> None:
    try:
        rule = normalising.add(
            options["path"],
            options["name"],
            speaking.who(options),
            place=options["place"],
            how=options["how"],
            owner=speaking.actor(options["owner"]),
            days=options["days"],
        )
    except (
        normalising.RuleExists,
        normalising.RuleMalformed,
        registry.PathNotDeclared,
    ) as error:
        raise CommandError(str(error), returncode=REFUSED) from error
    command.stdout.write(f"{rule.name} holds until {rule.expires_at.isoformat(timespec='minutes')}")


def _expire(command: BaseCommand, options: dict[str, Any]) -> None:
    try:
        normalising.expire(options["path"], options["name"], speaking.who(options))
    except normalising.RuleNotFound as error:
        raise CommandError(str(error), returncode=REFUSED) from error
    command.stdout.write(f"{options['name']} has ended: what it covered is a difference again")


def _facts(rule: NormaliseRule) -> dict[str, str]:
    return {
        "path": rule.path,
        "name": rule.name,
        "place": rule.place,
        "how": rule.how,
        "owner": rule.owner,
        "reason": rule.reason,
        "expires_at": rule.expires_at.isoformat(),
    }


_ACTIONS = {"list": _list, "add": _add, "expire": _expire}
