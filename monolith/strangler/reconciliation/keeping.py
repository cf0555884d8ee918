"""A comparison as it is written down after every piece, for another process to go on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler.models import Epoch, ReconcileRun
from monolith.strangler.reconciliation.outcomes import SOUND, Final, Outcome, finding_in

if TYPE_CHECKING:
    from monolith.strangler.reconciliation.passing import Pass

MOST_FINDINGS = 100
# A comparison that begins anew as soon as it ends leaves thousands of rows a day.
MOST_CONTINUOUS_ROWS = 200


def open_row(path: str, *, is_continuous: bool = False) -> ReconcileRun:
    """Begin a new row."""
    now = timezone.now()
    return ReconcileRun.objects.create(
        path=path,
        epoch=_epoch_of(path),
        started_at=now,
        active_at=now,
        is_continuous=is_continuous,
    )


def find_unfinished(path: str, *, is_continuous: bool = False) -> ReconcileRun | None:
    """Return the latest row if it did not come to its end."""
    rows = ReconcileRun.objects.filter(path=path, is_continuous=is_continuous)
    latest = rows.order_by("-started_at", "-pk").first()
    return latest if latest is not None and latest.finished_at is None else None


def save(row: ReconcileRun, current: Pass) -> None:
    """Write down how far a comparison has come.

    A row keeps a hundred findings. While more are open, it keeps the last place from which
    everything could still be told, and says only that somebody is at it.
    """
    row.active_at = timezone.now()
    if len(current.findings) > MOST_FINDINGS:
        row.save(update_fields=["active_at"])
        return
    _write(row, current)


def finish(row: ReconcileRun, current: Pass) -> None:
    """Write down how it ended."""
    row.active_at = row.finished_at = timezone.now()
    row.repaired = current.settled[Final.REPAIRED]
    _write(row, current)


def restore(row: ReconcileRun, current: Pass) -> None:
    """Go on where a row stopped: what did not match then is looked at again."""
    current.position = row.position
    current.chunks, current.chunks_bisected = row.chunks, row.chunks_bisected
    current.settled.update(
        {final: row.counts[final.value] for final in SOUND if final.value in row.counts}
    )
    found = map(finding_in, row.findings)
    # Extra keys, and a list that failed, are asked for anew at the end.
    ours = (each for each in found if each.outcome is not Outcome.EXTRA)
    current.waiting.extend(each for each in ours if not each.key.startswith("("))


def forget_all_but_the_latest(path: str) -> None:
    """Delete the older of a path's continuous comparisons; those that people started stay."""
    rows = ReconcileRun.objects.filter(path=path, is_continuous=True)
    kept = rows.order_by("-started_at", "-pk").values_list("pk", flat=True)[:MOST_CONTINUOUS_ROWS]
    rows.exclude(pk__in=list(kept)).delete()


def _write(row: ReconcileRun, current: Pass) -> None:
    row.position = current.position
    row.chunks, row.chunks_bisected = current.chunks, current.chunks_bisected
    row.counts = {final.value: count for final, count in current.counts.items() if count}
    row.keys = sum(row.counts.values())
    row.findings = [finding.facts() for finding in current.findings[:MOST_FINDINGS]]
    row.save()


def _epoch_of(path: str) -> int:
    numbers = Epoch.objects.filter(path=path).order_by("-number").values_list("number", flat=True)
    return numbers.first() or 0
