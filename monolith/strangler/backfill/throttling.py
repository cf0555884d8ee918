"""Why a backfill must wait, in words, with figure and limit. Any one reason stops it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from monolith.outbox.queries import get_draining
from monolith.strangler.backfill.knobs import Knobs, knobs_of
from monolith.strangler.counting import slowness
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import BackfillChunk, Heartbeat, PathState, Tally
from monolith.strangler.state.controls import EVERYTHING

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.models import BackfillRun

OLDEST_SECONDS = 5.0
BUSY_PERCENT = 70.0
# A week of counts is added up for it.
SLOWNESS_KEPT = timedelta(seconds=10)
# Where nobody has looked for so long, nobody knows how far behind the service is.
_LOOKED_WITHIN = timedelta(seconds=30)
_DEAD_LETTERS_WITHIN = timedelta(minutes=2)
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


class Throttling:
    """Looks for reasons to wait."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._slowness: slowness.Slowness | None = None

    def find(self, backfill: BackfillRun, *, at: datetime) -> Throttle | None:
        """Return why this backfill has to wait, or None; what costs least is asked first.

        There is no way to override one: a limit that is wrong is changed for everybody.
        """
        knobs, path = knobs_of(backfill), backfill.path
        return (
            _pause(backfill)
            or _flag(path)
            or _hours(knobs, at)
            or _outbox(knobs)
            or _services(path, knobs, at)
            or _dead_letters(path, at)
            or _connections()
            or self._monolith(knobs, at)
        )

    def _monolith(self, knobs: Knobs, at: datetime) -> Throttle | None:
        if self._looked_at is None or at - self._looked_at >= SLOWNESS_KEPT:
            self._looked_at, self._slowness = at, slowness.look(at)
        if self._slowness is None or not self._slowness.is_more_than(knobs.slower):
            return None
        return Throttle(reason=f"monolith: {self._slowness}, limit {knobs.slower:g} times")


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


def _hours(knobs: Knobs, at: datetime) -> Throttle | None:
    now = timezone.localtime(at)
    if knobs.hours is None or knobs.hours.contain(now.hour):
        return None
    return Throttle(reason=f"hours: it is {now:%H:%M}, allowed {knobs.hours}")


def _outbox(knobs: Knobs) -> Throttle | None:
    draining, limit = get_draining(), knobs.max_pending
    reason = ""
    if draining.pending > limit:
        reason = f"outbox: {draining.pending:,} events pending, limit {limit:,}"
    elif draining.oldest_age_seconds > OLDEST_SECONDS:
        age = draining.oldest_age_seconds
        reason = f"outbox: oldest event waits {age:.1f} s, limit {OLDEST_SECONDS:g} s"
    return Throttle(reason=reason, pending=draining.pending) if reason else None


def _services(path: str, knobs: Knobs, at: datetime) -> Throttle | None:
    """Spare the path's own service, and those that answer customers: they share a relay and more.

    What was sent stands in a queue before what happens meanwhile, and a lag is seen only when it is
    there. So while somebody relies on a service, no more is sent than its beats soon come past.
    """
    answering = set(
        PathState.objects.filter(stage__gte=Stage.CANARY).values_list("path", flat=True)
    )
    hearts = Heartbeat.objects.filter(
        path__in={path, *answering},
        seen_sent_at__isnull=False,
        looked_at__gte=at - _LOOKED_WITHIN,
    )
    by_age = list(hearts.order_by("seen_sent_at"))
    for heart in by_age:
        if reason := _lag(heart, knobs, at):
            return Throttle(reason=f"{_service_of(heart, path)}: {reason}")
    # Since the oldest beat most was sent: where that is within the limit, it is for the others.
    oldest = next((heart for heart in by_age if heart.path in answering), None)
    if oldest is not None and (reason := _ahead(oldest, knobs)):
        return Throttle(reason=f"{_service_of(oldest, path)}: {reason}")
    return None


def _service_of(heart: Heartbeat, path: str) -> str:
    return "service" if heart.path == path else f"service of {heart.path}"


def _lag(heart: Heartbeat, knobs: Knobs, at: datetime) -> str | None:
    """It is slow, or its store throttles it."""
    behind = heart.seconds_behind(at)
    if behind is None or behind <= knobs.lag:
        return None
    return f"{behind:.0f} s behind its queue, limit {knobs.lag:g} s"


def _ahead(heart: Heartbeat, knobs: Knobs) -> str | None:
    sent = BackfillChunk.objects.filter(at__gt=heart.seen_sent_at)
    keys = sent.aggregate(keys=Sum("keys", default=0))["keys"]
    if keys <= knobs.ahead:
        return None
    return f"{keys:,} keys sent since the last beat it heard, limit {knobs.ahead:,}"


def _dead_letters(path: str, at: datetime) -> Throttle | None:
    since = (at - _DEAD_LETTERS_WITHIN).replace(second=0, microsecond=0)
    seen = Tally.objects.filter(path=path, series="dead-letters", minute__gte=since)
    if seen.order_by("-minute", "-name").values_list("name", flat=True).first() != "some":
        return None
    return Throttle(reason="service: its queue has dead letters, limit none")


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
