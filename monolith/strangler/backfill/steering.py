"""What people do to a backfill under way: turn its knobs, pause it, let it go on, give it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from monolith.strangler import registry
from monolith.strangler.backfill.knobs import knob_called, knobs_of, read_value, write_value
from monolith.strangler.models import BackfillRun
from monolith.strangler.state import audit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monolith.strangler.state.audit import Who


class NoBackfill(Exception):
    """No backfill of the path is under way."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no backfill of {path} is under way")


def turn(path: str, values: Mapping[str, str], who: Who) -> BackfillRun:
    """Turn knobs of the backfill under way, by name: see `knobs.KNOBS`.

    They are in force before the next chunk.

    Raises:
        PathNotDeclared: there is no such path.
        NoBackfill: none is under way.
        BadKnob: there is no such knob, or the value is none for it; nothing is turned.
        ReasonMissing: the reason is blank.
    """
    stood = knobs_of(find_open(path))
    columns = {knob_called(name).field: read_value(name, text) for name, text in values.items()}
    before = {name: write_value(stood, name) for name in values}
    return _steer(path, who, columns, before=before, after=dict(values))


def read_knob(path: str, name: str) -> str:
    """Return where a knob of the backfill under way stands, as it is turned.

    Raises:
        PathNotDeclared: there is no such path.
        NoBackfill: none is under way.
        BadKnob: there is no such knob.
    """
    return write_value(knobs_of(find_open(path)), name)


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
