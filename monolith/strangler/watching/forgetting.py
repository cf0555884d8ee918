"""How long observations are kept. Intent is kept for ever: the audit forgets nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler import mismatches
from monolith.strangler.models import (
    Drill,
    GateEvaluation,
    Plan,
    ReadRecord,
    Tally,
    WorkerSeen,
)

if TYPE_CHECKING:
    from datetime import datetime

READS = timedelta(days=1)
WORKERS = timedelta(days=1)
TALLIES = timedelta(days=30)
EVALUATIONS = timedelta(days=30)
PLANS = timedelta(days=30)
DRILLS = timedelta(days=365)


def forget_old(*, at: datetime) -> dict[str, int]:
    """Delete observations that nothing looks at any more; return how many of each. Idempotent."""
    mismatches.purge(at=at)
    old = {
        "reads": ReadRecord.objects.filter(at__lt=at - READS),
        "workers": WorkerSeen.objects.filter(seen_at__lt=at - WORKERS),
        "tallies": Tally.objects.filter(minute__lt=at - TALLIES),
        "evaluations": GateEvaluation.objects.filter(at__lt=at - EVALUATIONS),
        # One that was carried out, or that somebody approved, belongs to the audit.
        "plans": Plan.objects.filter(expires_at__lt=at - PLANS, executed_at=None, approvals=None),
        "drills": Drill.objects.filter(started_at__lt=at - DRILLS),
    }
    return {name: rows.delete()[0] for name, rows in old.items()}
