"""Stretches of time in which evidence means the same.

What was measured with other code, another schema, other rules, another profile or another dial says
nothing about what runs now. All that is in a fingerprint; when it changes, a new epoch begins, and
with it the evidence, the plans and the approvals.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction

from monolith.strangler import registry
from monolith.strangler.models import Epoch, Heartbeat, NormaliseRule, PathState, WorkerSeen
from monolith.strangler.state.queries import rung_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# A process not heard of for so long serves nobody any more.
LIVE_SECONDS = 15
# How answers are read and compared belongs to every path.
_OWN_SOURCES = ("monolith.strangler.comparison", "event_contracts")


def current(path: str) -> Epoch | None:
    """Return a path's present epoch; None before its first."""
    return Epoch.objects.filter(path=path).order_by("-number").first()


def renew(path: str, *, at: datetime) -> Epoch:
    """Begin a new epoch if anything that evidence depends on has changed; return the present one.

    Raises:
        PathNotDeclared: there is no such path.
    """
    facts = facts_of(path, at=at)
    fingerprint = _digest(facts)
    latest = current(path)
    if latest is not None and latest.fingerprint == fingerprint:
        return latest
    number = latest.number + 1 if latest else 1
    try:
        with transaction.atomic():
            return Epoch.objects.create(
                path=path,
                number=number,
                fingerprint=fingerprint,
                facts=facts,
                why=_why(latest, facts),
                opened_at=at,
            )
    except IntegrityError:  # somebody else noticed at the same moment
        return Epoch.objects.get(path=path, number=number)


def facts_of(path: str, *, at: datetime) -> dict[str, Any]:
    """Return everything that evidence about a path depends on.

    `code` lists what the live processes run: while a deployment rolls, that is more than one thing,
    and what is measured then counts for neither.
    """
    registry.get_path(path)
    state = PathState.objects.filter(path=path).first()
    heartbeat = Heartbeat.objects.filter(path=path).first()
    return {
        "code": sorted({code(), *_codes_running(at)}),
        "service": heartbeat.build if heartbeat else "",
        "rules": _rules(path, at),
        "profile": settings.STRANGLER_PROFILE,
        "dial": rung_of(state).name if state else "monolith",
    }


@cache
def code() -> str:
    """Return a digest of the code that answers and compares, as this process has loaded it."""
    digest = hashlib.sha256()
    for name in sorted({*_OWN_SOURCES, *registry.sources()}):
        for file in _files(name):
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _files(module: str) -> Iterator[Path]:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module}, named as a source of evidence, is no module")
    origin = Path(spec.origin)
    if origin.name == "__init__.py":
        yield from sorted(origin.parent.rglob("*.py"))
    else:
        yield origin


def _codes_running(at: datetime) -> list[str]:
    live = WorkerSeen.objects.filter(seen_at__gte=at - timedelta(seconds=LIVE_SECONDS))
    return list(live.values_list("code", flat=True).distinct())


def _rules(path: str, at: datetime) -> str:
    rules = NormaliseRule.objects.filter(path=path, expires_at__gt=at).order_by("name")
    return _digest(list(rules.values_list("name", "place", "how")))


def _why(latest: Epoch | None, facts: dict[str, Any]) -> str:
    if latest is None:
        return "the first"
    changed = [name for name, fact in facts.items() if latest.facts.get(name) != fact]
    return f"changed: {', '.join(changed)}"


def _digest(facts: object) -> str:
    text = json.dumps(facts, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
