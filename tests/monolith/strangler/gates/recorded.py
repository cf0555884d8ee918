"""Rows of a path that every gate lets pass, as the rest of the strangler writes them."""

from __future__ import annotations

from datetime import timedelta

from monolith.strangler.deciding.ladder import rung_below, rung_called
from monolith.strangler.models import Epoch, PathState, Tally, Transition
from tests.monolith.strangler.gates.sound import NOW, ago

CODE = {"service": "abc", "rules": [], "profile": "standard"}


def tally(series, name, count=1, *, at=NOW - timedelta(minutes=1), epoch=1, path="shelf"):
    minute = at.replace(second=0, microsecond=0)
    Tally.objects.create(
        path=path, epoch=epoch, minute=minute, series=series, name=str(name), count=count
    )


def open_epoch(number=1, *, at=None, path="shelf", **facts):
    return Epoch.objects.create(
        path=path,
        number=number,
        fingerprint=f"print {number}",
        facts={**CODE, "dial": "any", **facts},
        why="a test",
        opened_at=at or ago(days=2),
    )


def state_of(rung):
    dial = rung.dial
    return {
        "shadow_bp": dial.shadow_bp,
        "canary_bp": dial.canary_bp,
        "verify_bp": dial.verify_bp,
        "has_fallback": dial.has_fallback,
    }


def stand(name, *, at=None, path="shelf"):
    """Put a path on a rung, from the one below it."""
    rung = rung_called(name)
    PathState.objects.update_or_create(
        path=path, defaults={**state_of(rung), "stage": int(rung.stage), "changed_at": NOW}
    )
    before = rung_below(rung)
    if before is not None:
        move(before.name, name, at=at or ago(days=2), path=path)


def move(before, after, /, *, at, path="shelf", **more):
    version = Transition.objects.filter(path=path).count() + 1
    was, is_now = rung_called(before), rung_called(after)
    facts = {
        "before": state_of(was),
        "after": state_of(is_now),
        "actor": "dana",
        "reason": "a test",
        "took_microseconds": 1,
        **more,
    }
    return Transition.objects.create(
        path=path,
        version=version,
        from_stage=int(was.stage),
        to_stage=int(is_now.stage),
        at=at,
        **facts,
    )
