"""Why a backfill must wait, in words, with figure and limit. Any one reason stops it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from monolith.outbox.queries import get_draining
from monolith.strangler.backfill.steering import knobs_of
from monolith.strangler.controls import EVERYTHING

if TYPE_CHECKING:
    from monolith.strangler.models import BackfillRun

OLDEST_SECONDS = 5.0
BUSY_PERCENT = 70.0
# What another role does may be hidden from us: then it counts as active.
_CONNECTIONS = """
    select count(*) filter (where state is distinct from 'idle'),
           current_setting('max_connections')::int
    from pg_stat_activity
    where backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """A reason to wait. `pending` is what the outbox has to drain, where that is the reason."""

    reason: str
    pending: int | None = None


def find_throttle(backfill: BackfillRun) -> Throttle | None:
    """Return why this backfill has to wait, or None; the reasons that cost least are asked first.

    There is no way to override one: a limit that is wrong is changed for everybody.
    """
    return _pause(backfill) or _flag(backfill.path) or _outbox(backfill) or _connections()


def _pause(backfill: BackfillRun) -> Throttle | None:
    by = backfill.paused_by
    return Throttle(reason=f"paused by {by}") if by else None


def _flag(path: str) -> Throttle | None:
    file = getattr(settings, "STRANGLER_THROTTLE_FILE", None)
    if file is None:
        return None
    try:
        named = set(Path(file).read_text(encoding="utf-8").replace(",", " ").split())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        named = set()  # somebody put something there and means it
    if named and not named & {path, EVERYTHING}:
        return None
    return Throttle(reason=f"flag file {Path(file).name} names {path if named else EVERYTHING}")


def _outbox(backfill: BackfillRun) -> Throttle | None:
    draining, limit = get_draining(), knobs_of(backfill).max_pending
    reason = ""
    if draining.pending > limit:
        reason = f"outbox: {draining.pending:,} events pending, limit {limit:,}"
    elif draining.oldest_age_seconds > OLDEST_SECONDS:
        age = draining.oldest_age_seconds
        reason = f"outbox: oldest event waits {age:.1f} s, limit {OLDEST_SECONDS:g} s"
    return Throttle(reason=reason, pending=draining.pending) if reason else None


def _connections() -> Throttle | None:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        active, most = cursor.fetchone()
    percent = 100 * active / most
    if percent <= BUSY_PERCENT:
        return None
    return Throttle(
        reason=f"database: {active} of {most} connections active ({percent:.0f} %), "
        f"limit {BUSY_PERCENT:g} %"
    )
