"""What is known about a path, gathered from the tables for the gates. Reads only.

Every question is bounded in time or in rows, and answered by an index.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Q, Sum
from django.db.models.functions import TruncHour

from monolith.outbox import queries as outbox
from monolith.strangler import registry
from monolith.strangler.gates.facts import Counts, Drilled, Evidence, Filling, Reconciled, Relaying
from monolith.strangler.gates.outcomes import judged_of
from monolith.strangler.models import (
    BackfillRun,
    Drill,
    Epoch,
    Heartbeat,
    NormaliseRule,
    Plan,
    ReconcileRun,
    Signature,
    Tally,
    Watch,
)
from monolith.strangler.state import standing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from monolith.strangler.gates.profiles import Profile
    from monolith.strangler.state.standing import Standing

PEAK_WINDOW = timedelta(days=7)
_IN_EPOCH = {
    "answer": "answers",
    "compare": "compared_in_epoch",
    "verify": "verified",
    "shape": "shapes",
    "latency-request-shadowed": "shadowed_latency",
    "latency-request-plain": "plain_latency",
    "dropped": "dropped",
    "ryw": "own_writes",
}
_IN_WINDOW = {
    "compare": "compared",
    "recheck": "rechecked",
    "staleness": "staleness",
    "latency-service": "service_latency",
    "latency-monolith": "monolith_latency",
}
_LATELY = {
    "answer": "answers_lately",
    "unanswered": "unanswered_lately",
    "old-path": "old_path_lately",
}
_FLOWING = {"lag": "lag", "dead-letters": "dead_letters"}
_OF_THIS_CODE = {"noise": "noise", "check": "checks"}


def gather(path: str, *, at: datetime, profile: Profile) -> Evidence:
    """Return everything that the gates look at, as of an instant.

    Raises:
        PathNotDeclared: there is no such path.
    """
    declared = registry.get_path(path)
    stands = standing.get_standing(path)
    tallied = _tallied(path, stands, at, profile)
    return Evidence(
        path=path,
        rung=stands.rung.name,
        rung_since=stands.since,
        canary_bp=stands.dial.canary_bp,
        epoch=stands.epoch,
        opened_at=stands.opened_at,
        declared_shapes=declared.shapes,
        times_as_patient=declared.times_as_patient,
        automatic_rollbacks=standing.count_automatic_rollbacks(path, since=at - profile.soak),
        **tallied,
        **_busy_hours(path, stands, at, profile),
        **_filled(path, stands),
        **_flowing(path),
        **_guarded(path, stands, at, tallied),
    )


def has_moved(path: str, *, since: datetime) -> bool:
    """Tell whether reads have left evidence since the minute of an instant, or an epoch began.

    The heart beats on at rest, and time goes by: neither counts as a move.
    """
    tallied = Tally.objects.filter(path=path, minute__gte=_minute(since))
    opened = Epoch.objects.filter(path=path, opened_at__gt=since)
    return tallied.exclude(series__in=_FLOWING).exists() or opened.exists()


def _tallied(path: str, stands: Standing, at: datetime, profile: Profile) -> dict[str, Any]:
    window = at - profile.comparison_window
    opened = stands.opened_at or window
    own = Q(epoch=stands.epoch)
    same_code = Q(epoch__in=stands.epochs_of_this_code)
    lately = at - max(profile.quiet, profile.alone)
    return {
        **_sums(path, _IN_EPOCH, own, opened),
        **_sums(path, _IN_WINDOW, own, max(opened, window)),
        **_sums(path, _LATELY, Q(), lately),
        **_sums(path, _FLOWING, Q(), at - profile.lag_window),
        **_sums(path, _OF_THIS_CODE, same_code, stands.code_since or window),
    }


def _sums(path: str, fields: Mapping[str, str], which: Q, since: datetime) -> dict[str, Counts]:
    """Add up series by name. A minute counts whole: rows know no seconds."""
    rows = (
        Tally.objects.filter(which, path=path, series__in=fields, minute__gte=_minute(since))
        .values_list("series", "name")
        .annotate(count=Sum("count"), newest=Max("minute"))
    )
    found: dict[str, list[tuple[str, int, datetime]]] = {series: [] for series in fields}
    for series, name, count, newest in rows:
        found[series].append((name, count, newest))
    return {fields[series]: _counts(named, since) for series, named in found.items()}


def _counts(named: Collection[tuple[str, int, datetime]], since: datetime) -> Counts:
    return Counts(
        by_name={name: count for name, count, _ in named},
        since=since,
        newest=max((newest for _, _, newest in named), default=None),
    )


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _busy_hours(path: str, stands: Standing, at: datetime, profile: Profile) -> dict[str, Any]:
    """Return the reads of the busiest hour of the evidence, and of the week."""
    if not profile.needs_peak:
        return {}
    hours = dict(
        Tally.objects.filter(path=path, series="answer", minute__gte=at - PEAK_WINDOW)
        .annotate(hour=TruncHour("minute"))
        .values_list("hour")
        .annotate(reads=Sum("count"))
    )
    since = max(stands.opened_at or at, at - profile.comparison_window)
    within = [reads for hour, reads in hours.items() if hour >= since]
    return {
        "busiest_hour": max(within, default=None),
        "peak_hour": max(hours.values(), default=None),
    }


def _filled(path: str, stands: Standing) -> dict[str, Any]:
    plans = Plan.objects.filter(path=path, rung="backfill", executed_at=None)
    run = BackfillRun.objects.filter(path=path, abandoned_at=None).order_by("-started_at").first()
    last = (
        ReconcileRun.objects.filter(path=path, finished_at__isnull=False)
        .order_by("-started_at")
        .first()
    )
    return {
        "planned_at": plans.aggregate(newest=Max("created_at"))["newest"],
        "filling": run and _filling(run),
        "reconciled": last and _reconciled(last, stands),
    }


def _filling(run: BackfillRun) -> Filling:
    return Filling(
        keys_done=run.keys_done, keys_expected=run.keys_expected, finished_at=run.finished_at
    )


def _reconciled(run: ReconcileRun, stands: Standing) -> Reconciled | None:
    if run.finished_at is None:
        return None
    return Reconciled(
        keys=run.keys,
        counts=run.counts,
        finished_at=run.finished_at,
        is_of_this_code=run.epoch in stands.epochs_of_this_code,
    )


def _flowing(path: str) -> dict[str, Any]:
    status = outbox.get_status()
    beats = Heartbeat.objects.filter(path=path).values_list("seen_sent_at", flat=True)
    return {
        "relaying": Relaying(
            is_complete=0 < status.shards == status.shards_relayed, parked=status.parked
        ),
        "beat_at": beats.first(),
    }


def _guarded(
    path: str, stands: Standing, at: datetime, tallied: Mapping[str, Counts]
) -> dict[str, Any]:
    watches = list(Watch.objects.filter(path=path).order_by("name"))
    rules = NormaliseRule.objects.filter(path=path, expires_at__gt=at).order_by("name")
    return {
        "drills": _drills(path),
        "open_signatures": Signature.objects.filter(path=path, status="open").count(),
        "watched": _watched(watches, stands, tallied),
        "alarms": tuple(watch.name for watch in watches if _has_alarmed(watch, stands)),
        "live_rules": tuple(rules.values_list("name", flat=True)),
    }


def _watched(watches: list[Watch], stands: Standing, tallied: Mapping[str, Counts]) -> int:
    """Count what the watches were told in this epoch.

    A watch forgets whatever gives no ground for doubt, and keeps when that was: so it is awake if
    it has moved since the epoch opened. What it was told is counted in the same transaction.
    """
    seen = sum(watch.seen for watch in watches)
    is_awake = any(stands.opened_at and watch.since >= stands.opened_at for watch in watches)
    judged = judged_of(tallied["compared_in_epoch"], tallied["rechecked"])
    return max(seen, judged) if is_awake else seen


def _has_alarmed(watch: Watch, stands: Standing) -> bool:
    if watch.alarmed_at is None:
        return False
    return stands.opened_at is None or watch.alarmed_at >= stands.opened_at


def _drills(path: str) -> tuple[Drilled, ...]:
    latest = (
        Drill.objects.filter(path__in=[path, path + registry.TWIN])
        .order_by("fault", "-started_at", "-pk")
        .distinct("fault")
    )
    return tuple(
        Drilled(
            fault=drill.fault,
            at=drill.started_at,
            has_passed=drill.has_passed,
            detected_seconds=drill.detected_seconds,
            rolled_back_seconds=drill.rolled_back_seconds,
        )
        for drill in latest
    )
