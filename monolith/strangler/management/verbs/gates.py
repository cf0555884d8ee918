"""`manage.py strangler gates`: what a path lacks for the next rung, and how long that takes."""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.calling import clients
from monolith.strangler.deciding import ladder
from monolith.strangler.gates import gating
from monolith.strangler.gates.verdicts import Verdict
from monolith.strangler.gates.wording import percent
from monolith.strangler.management import speaking
from monolith.strangler.reconciliation import checking

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Iterator

    from django.core.management.base import BaseCommand

    from monolith.strangler.gates.gating import Permission
    from monolith.strangler.gates.verdicts import GateResult
    from monolith.strangler.reconciliation.checking import Checked

EXIT_CODES = {Verdict.FAIL: 2, Verdict.INCONCLUSIVE: 3, Verdict.STALE: 4}
CANNOT = 1
_ERRORS = (
    clients.ServiceAddressMissing,
    gating.GatesMissing,
    gating.NothingAbove,
    ladder.UnknownRung,
    registry.PathNotDeclared,
)
_WIDTHS = (14, 34, 34, 8, 10)
_TITLES = ("GATE", "REQUIRES", "NOW", "n", "WINDOW", "VERDICT")


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser("gates", help="what the next rung takes, and what is there of it")
    parser.description = (
        "Asks the gates before a rung, and keeps what they say. Exit code 0: they let the path "
        "pass; 2: one fails; 3: too little is known; 4: what is known is too old."
    )
    parser.add_argument("path")
    parser.add_argument("--to", metavar="RUNG", help="default: the next rung")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--check",
        action="store_true",
        help="before that, ask both sides for a few keys whether they keep the contract, and send "
        "their snapshots twice (gates B1 and B4)",
    )
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Evaluate, print, and end with the verdict's exit code."""
    try:
        checks = _check(options["path"]) if options["check"] else ()
        permission = gating.may_advance(options["path"], at=timezone.now(), to=options["to"])
    except _ERRORS as error:
        raise CommandError(str(error), returncode=CANNOT) from error
    if options["json"]:
        speaking.print_json(command, _as_json(permission))
    else:
        command.stdout.write("\n".join((*checks, *_lines(permission))))
    verdict = permission.evaluated.verdict
    if verdict in EXIT_CODES:
        raise CommandError(_end(permission), returncode=EXIT_CODES[verdict])


def _check(path: str) -> tuple[str, ...]:
    keys = gating.current_profile().checked_keys
    return (
        _checked("contract", checking.check_contract(path, keys=keys)),
        _checked("idempotent", checking.check_idempotence(path, keys=keys)),
    )


def _checked(what: str, checked: Checked) -> str:
    broken = f" ({', '.join(checked.broken)})" if checked.broken else ""
    return (
        f"checked {what}: {checked.good} keys keep it, {len(checked.broken)} break it{broken}, "
        f"{checked.unanswered} could not be asked"
    )


def _as_json(permission: Permission) -> dict[str, Any]:
    evaluated = permission.evaluated
    return {
        "path": evaluated.path,
        "rung": evaluated.rung,
        "epoch": evaluated.epoch,
        "profile": evaluated.profile,
        "verdict": evaluated.verdict.value,
        "at": evaluated.at.isoformat(),
        "passes": permission.passes,
        "may_advance": permission.is_given,
        "reasons": permission.reasons,
        "gates": [result.as_facts() for result in evaluated.results],
    }


def _lines(permission: Permission) -> Iterator[str]:
    evaluated, profile = permission.evaluated, gating.current_profile()
    yield (
        f"{evaluated.path} to {evaluated.rung}: {evaluated.verdict.upper()}, passed "
        f"{permission.passes} of {profile.passes} times in a row "
        f"(profile {profile.label}; epoch {evaluated.epoch})"
    )
    yield _row(_TITLES)
    for result in evaluated.results:
        yield from _table(result)
        if result.needs:
            yield f"{'':<{_WIDTHS[0]}}  {result.needs}"
        if result.waiver:
            yield f"{'':<{_WIDTHS[0]}}  waived for {result.waiver}"


def _table(result: GateResult) -> Iterator[str]:
    bound = f"; {_whole(f'UB95 {percent(result.bound)}')}" if result.bound is not None else ""
    cells = (
        f"{result.gate} {result.name}",
        result.requires,
        f"{result.now}{bound}",
        "-" if result.n is None else f"{result.n:,}",
        result.window or "-",
        f"{result.verdict.upper()}{' (dry run)' if result.is_dry_run else ''}",
    )
    wrapped = [wrap(cell, width) for cell, width in zip(cells, (*_WIDTHS, 22), strict=True)]
    for row in zip_longest(*wrapped, fillvalue=""):
        yield _row(row)


def _whole(words: str) -> str:
    """Keep words on one line: a figure is not torn from its unit."""
    return words.replace(" ", "\u00a0")


def _row(cells: tuple[str, ...]) -> str:
    padded = [f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=False)]
    return "  ".join((*padded, cells[-1])).rstrip()


def _end(permission: Permission) -> str:
    evaluated = permission.evaluated
    return f"{evaluated.path} may not climb to {evaluated.rung}: {evaluated.verdict}"
