"""`manage.py strangler runbook`: the next step, the page, or all steps one after the other."""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from monolith.strangler import registry, runbook
from monolith.strangler.deciding.ladder import RUNGS, rung_called
from monolith.strangler.management import speaking
from monolith.strangler.runbook.typing_in import DEFAULT_REASON, written

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Sequence

    from django.core.management.base import BaseCommand

    from monolith.strangler.runbook import Step

_FIGURES = re.compile(r"[\d.,]+ *(?:ms|s|min|h|d|%)?\b")
_SAY_AGAIN_SECONDS = 15.0
_ENDS: dict[type[Exception], int] = {
    runbook.PathFell: speaking.ROLLED_BACK,
    runbook.StepFailed: speaking.REFUSED,
    runbook.StepTookTooLong: speaking.INCONCLUSIVE,
}


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser("runbook", help="what comes next on a path's way up; takes the steps")
    parser.description = (
        "Exit code of --run: 2: a command failed again and again; 3: a step did not become true "
        "in its time; 8: the path was rolled back meanwhile. Run again, it goes on."
    )
    parser.add_argument("path")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--next", action="store_true", help="the first step that is not true yet")
    what.add_argument("--render", choices=["md"], help="the whole page")
    what.add_argument("--run", action="store_true", dest="is_run", help="take the steps")
    parser.add_argument("--until", metavar="RUNG", default=RUNGS[-1].name, help="how far (retired)")
    parser.add_argument("--as", dest="actor", default="", help="who moves the path")
    parser.add_argument(
        "--approver", action="append", default=[], help="who agrees, where somebody else has to"
    )
    parser.add_argument("--reason", default=DEFAULT_REASON, help="kept in the audit")
    parser.add_argument(
        "--most-minutes", type=float, default=float("inf"), help="that any step may take"
    )
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Print, or take the steps."""
    path = options["path"]
    registry.get_path(path)
    if options["render"]:
        command.stdout.write(runbook.page(path), ending="")
    elif options["is_run"]:
        _follow(command, path, options)
    else:
        _print_next(command, path, options["until"])


def _print_next(command: BaseCommand, path: str, until: str) -> None:
    coming = runbook.next_step(path, at=timezone.now(), until=rung_called(until))
    if coming is None:
        command.stdout.write(f"{path}: nothing is left to do on the way to {until}")
        return
    step, may = coming.step, coming.step.check(coming.sight)
    lines = (
        ("next", f"{step.id} of {path}, by the {step.owner}, {step.max_minutes:g} min at most"),
        ("why", step.why),
        ("check", f"{step.check.words}: {'yes' if may.is_so else 'NO'}, {may.told}"),
        ("do", written(step.do, path)),
        ("verify", f"{step.verify.words}: not yet, {coming.found.told}"),
        ("back", written(step.roll_back, path)),
    )
    command.stdout.write("\n".join(f"{name:<8}{text}" for name, text in lines))


def _follow(command: BaseCommand, path: str, options: dict[str, Any]) -> None:
    people = runbook.People(
        actor=speaking.actor(options["actor"]),
        approvers=tuple(options["approver"]),
        reason=options["reason"],
    )
    follower = runbook.Follower(
        path=path,
        until=rung_called(options["until"]),
        people=people,
        execute=_Typing(command),
        progress=_Told(command),
        most_minutes=options["most_minutes"],
    )
    try:
        follower.follow()
    except tuple(_ENDS) as error:
        raise speaking.fail(str(error), _ENDS[type(error)]) from error
    command.stdout.write(f"{path}: all steps to {options['until']} are true")


class _Typing:
    """Types commands, as a person would."""

    def __init__(self, command: BaseCommand) -> None:
        self._command = command
        self._repeated: Sequence[str] = ()

    def __call__(self, words: Sequence[str], is_quiet: bool) -> tuple[int, str]:  # noqa: FBT001
        """Run a command; return its exit code and what it ended with.

        A quiet one is asked again and again: it is named once, and shows nothing.
        """
        shown = io.StringIO() if is_quiet else self._command.stdout
        if not is_quiet or words != self._repeated:
            self._command.stdout.write(f"  $ manage.py strangler {' '.join(map(_quoted, words))}")
        self._repeated = words if is_quiet else ()
        try:
            call_command("strangler", *words, stdout=shown, stderr=self._command.stderr)
        except CommandError as error:
            if not is_quiet:
                self._command.stdout.write(f"  ended with {error.returncode}: {error}")
            return error.returncode, str(error)
        return 0, ""


class _Told:
    """Writes down how the steps go on."""

    def __init__(self, command: BaseCommand) -> None:
        self._write = command.stdout.write
        self._said = ("", 0.0)

    def began(self, step: Step) -> None:
        """Name the step."""
        self._write(f"[ ] {step.id}: {step.why}")
        if not step.is_command:
            self._write(f"  by hand: {step.do}")

    def waits(self, _step: Step, told: str) -> None:
        """Say what for; where only figures have changed, from time to time."""
        said, at = self._said
        words, now = _FIGURES.sub("", told), time.monotonic()
        if words != said or now - at > _SAY_AGAIN_SECONDS:
            self._said = (words, now)
            self._write(f"  waits: {told}")

    def done(self, step: Step, seconds: float) -> None:
        """Tick it off."""
        self._write(f"[x] {step.id} after {seconds:.1f} s")


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word
