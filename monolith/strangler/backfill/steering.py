"""What people do to a backfill under way: turn its knobs, pause it, let it go on, give it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from monolith.strangler import audit, registry
from monolith.strangler.models import BackfillRun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monolith.strangler.audit import Who

CHUNK_KEYS = 1_000
MAX_PENDING = 2_000
# Resting a hundred times as long as working is a pause; there is a verb for that.
_NICEST = 100.0


class NoBackfill(Exception):
    """No backfill of the path is under way."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no backfill of {path} is under way")


class BadKnob(Exception):
    """There is no such knob, or it cannot be turned there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """What is read anew before every chunk.

    `chunk_keys`: no chunk has more keys. `nice`: seconds of rest per second of work.
    `max_pending`: no chunk is sent while more events wait in the outbox.
    """

    chunk_keys: int
    nice: float
    max_pending: int


_FIELDS = {"chunk": "chunk_keys", "nice": "nice", "pending": "max_pending"}


def knobs_of(backfill: BackfillRun) -> Knobs:
    """Return how the knobs of a backfill stand; one that nobody turned stands at its default."""
    return Knobs(
        chunk_keys=backfill.chunk_keys or CHUNK_KEYS,
        nice=backfill.nice,
        max_pending=backfill.max_pending
        or getattr(settings, "STRANGLER_BACKFILL_MAX_PENDING", MAX_PENDING),
    )


def turn(path: str, values: Mapping[str, str], who: Who) -> BackfillRun:
    """Turn knobs of the backfill under way, by name: `chunk`, `nice`, `pending`.

    They are in force before the next chunk.

    Raises:
        PathNotDeclared: there is no such path.
        NoBackfill: none is under way.
        BadKnob: there is no such knob, or the value is none for it; nothing is turned.
        ReasonMissing: the reason is blank.
    """
    stood = knobs_of(find_open(path))
    turned = {name: _value(name, text) for name, text in values.items()}
    return _steer(
        path,
        who,
        {_field(name): value for name, value in turned.items()},
        before={name: getattr(stood, _field(name)) for name in turned},
        after=turned,
    )


def read_knob(path: str, name: str) -> float:
    """Return where a knob of the backfill under way stands.

    Raises:
        PathNotDeclared: there is no such path.
        NoBackfill: none is under way.
        BadKnob: there is no such knob.
    """
    value: float = getattr(knobs_of(find_open(path)), _field(name))
    return value


def pause(path: str, who: Who) -> BackfillRun:
    """Have whichever process is at it stop after its chunk and wait.

    Raises:
        PathNotDeclared: there is no such path.
        NoBackfill: none is under way.
        ReasonMissing: the reason is blank.
    """
    values = {"paused_by": who.actor, "throttled_by": f"paused by {who.actor}"}
    return _steer(path, who, values, after={"state": "paused"})


def resume(path: str, who: Who) -> BackfillRun:
    """Let a paused backfill go on.

    Raises:
        PathNotDeclared, NoBackfill, ReasonMissing: as above.
    """
    return _steer(path, who, {"paused_by": "", "throttled_by": ""}, after={"state": "running"})


def abort(path: str, who: Who) -> BackfillRun:
    """Give up the backfill under way; what it has sent stays sent, and does no harm.

    Raises:
        PathNotDeclared, NoBackfill, ReasonMissing: as above.
    """
    values = {"abandoned_at": who.at, "throttled_by": ""}
    return _steer(path, who, values, after={"state": "aborted"})


def find_open(path: str) -> BackfillRun:
    """Return the backfill under way.

    Raises:
        PathNotDeclared: there is no such path.
        NoBackfill: none is.
    """
    registry.get_path(path)
    found = BackfillRun.objects.filter(path=path, finished_at=None, abandoned_at=None).first()
    if found is None:
        raise NoBackfill(path)
    return found


@transaction.atomic
def _steer(
    path: str,
    who: Who,
    values: Mapping[str, object],
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object],
) -> BackfillRun:
    backfill = find_open(path)
    audit.note(path, audit.KNOBS, who, before=before, after=after)
    still_open = BackfillRun.objects.filter(pk=backfill.pk, finished_at=None, abandoned_at=None)
    if not still_open.update(**values):
        raise NoBackfill(path)  # it ended just now
    backfill.refresh_from_db()
    return backfill


def _field(name: str) -> str:
    try:
        return _FIELDS[name]
    except KeyError:
        known = ", ".join(_FIELDS)
        raise BadKnob(f"there is no knob {name!r}; there are {known}") from None


def _value(name: str, text: str) -> float:
    try:
        value = float(text) if name == "nice" else int(text)
    except ValueError:
        raise BadKnob(f"{name}={text}: expected a number") from None
    if name == "nice" and not 0 <= value <= _NICEST:
        raise BadKnob(f"{name}={text}: expected 0 to {_NICEST:g}")
    if name != "nice" and not 1 <= value < 2**31:
        raise BadKnob(f"{name}={text}: expected at least 1")
    return value
