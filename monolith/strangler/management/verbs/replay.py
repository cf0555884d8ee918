"""`manage.py strangler replay`: made-up questions, so that every shape has been compared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from monolith.strangler import registry
from monolith.strangler.calling import clients
from monolith.strangler.comparison.outcomes import KEPT
from monolith.strangler.gates import gating
from monolith.strangler.management import speaking
from monolith.strangler.shadowing.pressure import Pressure, look
from monolith.strangler.shadowing.replaying import (
    Replay,
    missing_shapes,
    questions,
)
from monolith.strangler.state import controls, epochs
from monolith.strangler.watching import reacting

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Iterator

    from django.core.management.base import BaseCommand

    from monolith.strangler.registry import MovingRead
    from monolith.strangler.shadowing.replaying import Report

ERROR, REFUSED = 1, 2
MISSING, ALL = "missing", "all"
_PER_SECOND = 10.0
# What is counted is written down in batches, for whoever watches meanwhile.
_HAND_IN_EVERY = 20


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "replay", help="ask what nobody asked yet, so that every shape is compared"
    )
    parser.add_argument("path")
    parser.add_argument(
        "--shapes", default=MISSING, help="missing (default), all, or names separated by commas"
    )
    parser.add_argument("--n", type=int, help="questions at most (as many as are enough)")
    parser.add_argument(
        "--each", type=int, help="how many of a shape are enough (what the profile asks for)"
    )
    parser.add_argument("--per-second", type=float, default=_PER_SECOND, help="at most (10)")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Ask, wait for what was left open, and tell what came of it."""
    path = options["path"]
    moving = _path(path)
    _join_epoch(path)
    options["each"] = options["each"] or gating.current_profile().per_shape
    shapes = _shapes(moving, options)
    if not shapes:
        command.stdout.write(f"every shape of {path} was compared {options['each']} times")
        return
    busy = Pressure(look).why
    replay = Replay(moving, per_second=options["per_second"], busy=busy)
    count = options["n"] or options["each"] * len(shapes)
    asked = replay.ask(questions(moving, shapes=shapes, count=count))
    _follow(asked, "asking", count)
    _follow(replay.settle(), "looking again", None)
    reacting.hand_in(timezone.now())
    _tell(command, replay.report, is_json=options["json"])


def _path(name: str) -> MovingRead[Any, Any]:
    try:
        path = registry.get_path(name)
    except registry.PathNotDeclared as error:
        raise CommandError(str(error), returncode=ERROR) from error
    if clients.client_for(name) is None:
        raise CommandError(f"no service is deployed for {name}", returncode=ERROR)
    if not path.has_monolith:
        raise CommandError(f"{name} is retired: there is nothing to compare", returncode=REFUSED)
    return path


def _join_epoch(path: str) -> None:
    """Learn which epoch it is: what is counted for none is evidence for nothing."""
    epochs.renew(path, at=timezone.now())
    controls.cache.poll()


def _shapes(path: MovingRead[Any, Any], options: dict[str, Any]) -> list[str]:
    if options["shapes"] == MISSING:
        return missing_shapes(path, each=options["each"])
    if options["shapes"] == ALL:
        return list(path.shapes)
    named = options["shapes"].split(",")
    if unknown := set(named) - set(path.shapes):
        raise CommandError(
            f"{path.name} has no shape {', '.join(sorted(unknown))}; "
            f"it has {', '.join(path.shapes)}",
            returncode=REFUSED,
        )
    return list(named)


def _follow(steps: Iterator[int], title: str, total: int | None) -> None:
    often = 0.5 if sys.stderr.isatty() else 10  # a log keeps every line
    with tqdm(desc=title, total=total, file=sys.stderr, mininterval=often) as bar:
        for number, _ in enumerate(steps, start=1):
            bar.update()
            if number % _HAND_IN_EVERY == 0:
                reacting.hand_in(timezone.now())


def _tell(command: BaseCommand, report: Report, *, is_json: bool) -> None:
    if is_json:
        facts = {"outcomes": report.outcomes, "shapes": report.shapes}
        speaking.print_json(command, facts)
    else:
        for title, counts in (("outcome", report.outcomes), ("shape", report.shapes)):
            for name, count in counts.most_common():
                command.stdout.write(f"{title:<8} {name:<24} {count:>6}")
    if bad := sum(report.outcomes[outcome.value] for outcome in KEPT):
        raise CommandError(
            f"{bad} answers disagree: see `manage.py strangler mismatches`", returncode=REFUSED
        )
