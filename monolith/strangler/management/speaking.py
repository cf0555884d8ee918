"""How the verbs speak: who acts, what is printed, how errors become exit codes."""

from __future__ import annotations

import getpass
import json
import re
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import Transition, TransitionEffect
from monolith.strangler.state import effects
from monolith.strangler.state.audit import Who

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Iterator

    from django.core.management.base import BaseCommand

ERROR, REFUSED, INCONCLUSIVE, STALE, APPROVAL, CONFLICT, HELD, ROLLED_BACK = 1, 2, 3, 4, 5, 6, 7, 8
# Every process that is alive serves by a change within this time, or something is wrong.
_EFFECT_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.05
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def add_reason(parser: ArgumentParser) -> None:
    """Declare who changes something, and why."""
    parser.add_argument("--reason", required=True, help="kept in the audit")
    parser.add_argument(
        "--as", dest="actor", default="", help="who acts (default: who is logged in)"
    )


def actor(given: str = "") -> str:
    """Return who acts: as given, or whoever is logged in to this machine."""
    if given:
        return given
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def who(options: dict[str, Any]) -> Who:
    """Return who changes something, why and when, as `add_reason` lets them say."""
    return Who(actor=actor(options["actor"]), reason=options["reason"], at=timezone.now())


def length(text: str) -> timedelta:
    """Read a length of time such as `30m`, `2h` or `7d`.

    Raises:
        ValueError: it is none.
    """
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no length of time: 90s, 30m, 2h, 7d")
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


def print_json(command: BaseCommand, facts: object) -> None:
    """Print facts for scripts."""
    command.stdout.write(json.dumps(facts, indent=2, default=str, ensure_ascii=False))


def say_changed(command: BaseCommand, changed: Transition) -> None:
    """Print what was changed, and when every process served by it: measured, not promised."""
    command.stdout.write(f"{changed}, by {changed.actor}: {changed.reason}")
    command.stdout.write(f"  {_effect_line(changed)}")


def transition_facts(changed: Transition) -> dict[str, Any]:
    """Return a change as JSON can hold it."""
    effect = getattr(changed, "effect", None)
    return {
        "id": changed.pk,
        "path": changed.path,
        "version": changed.version,
        "kind": changed.kind,
        "from": Stage(changed.from_stage).label,
        "to": Stage(changed.to_stage).label,
        "before": changed.before,
        "after": changed.after,
        "actor": changed.actor,
        "actor_kind": changed.actor_kind,
        "via": changed.via,
        "reason": changed.reason,
        "ticket": changed.ticket,
        "plan": changed.plan_id,
        "evidence": changed.evidence,
        "approvals": changed.approvals,
        "release": changed.release,
        "at": changed.at.isoformat(),
        "took_microseconds": changed.took_microseconds,
        "effect_milliseconds": effect and effect.milliseconds,
        "effect_workers": effect and effect.workers,
        "digest": changed.digest,
    }


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, str], None]]:
    """Show progress in keys on the standard error, and a note beside it."""
    often = 0.5 if sys.stderr.isatty() else 10  # a log keeps every line
    with tqdm(desc=title, unit=" keys", file=sys.stderr, mininterval=often) as bar:

        def report(keys: int, note: str) -> None:
            bar.set_postfix_str(note, refresh=False)
            bar.update(keys)

        yield report


def fail(message: str, code: int) -> CommandError:
    """Return the error that ends the command with this exit code."""
    return CommandError(message, returncode=code)


def _effect_line(changed: Transition) -> str:
    deadline = time.monotonic() + _EFFECT_SECONDS
    while time.monotonic() < deadline:
        effect = TransitionEffect.objects.filter(transition=changed).first()
        if effect is not None:
            return (
                f"{effect.workers}/{effect.workers} processes serve by it "
                f"after {effect.milliseconds / 1000:.1f} s"
            )
        if not effects.live_workers(timezone.now()):
            return "no process that routes reads is running: the next one to start serves by it"
        time.sleep(_LOOK_AGAIN_SECONDS)
    return _laggards(changed)


def _laggards(changed: Transition) -> str:
    workers = effects.live_workers(timezone.now())
    behind = [worker.worker for worker in workers if worker.control_version < changed.pk]
    if not behind:
        return f"{len(workers)} processes serve by it"
    names = ", ".join(behind)
    return (
        f"after {_EFFECT_SECONDS:.0f} s {len(behind)} of {len(workers)} do not serve by it: "
        f"{names}; they fall back to the monolith when they know nothing for 3 s"
    )
