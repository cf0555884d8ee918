"""How old the proof is that both sides agree: a proof of yesterday says little about today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.models import ReconcileRun
from monolith.strangler.reconciliation.outcomes import DIFFERENT, SOUND

if TYPE_CHECKING:
    from datetime import datetime

FRESH_SECONDS = 24 * 3_600.0
_MINUTE, _HOUR, _HOURS_TOLD = 60, 3_600, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """What the latest whole comparison said, and how long ago it began: so old is its first look.

    `differing` keys are stale for too long, missing, wrong or extra; `unsettled` ones could not be
    compared. `age_seconds` is None where nothing was ever compared.
    """

    run: ReconcileRun | None = None
    age_seconds: float | None = None
    differing: int = 0
    unsettled: int = 0
    is_recent: bool = False

    @property
    def is_clean(self) -> bool:
        """Tell whether every key was found to agree."""
        return self.run is not None and not self.differing and not self.unsettled

    @property
    def is_fresh(self) -> bool:
        """Tell whether every key was found to agree, and recently enough."""
        return self.is_clean and self.is_recent

    def __str__(self) -> str:
        if self.age_seconds is None:
            return "never verified"
        ago = _ago(self.age_seconds)
        if self.differing:
            return f"{self.differing:,} keys differed {ago}"
        if self.unsettled:
            return f"{self.unsettled:,} keys could not be compared {ago}"
        return f"verified {ago} (fresh)" if self.is_recent else f"verified {ago}, STALE"


def freshness(path: str, at: datetime, *, within_seconds: float = FRESH_SECONDS) -> Freshness:
    """Return how fresh the proof for a path is; it goes stale after `within_seconds`."""
    finished = ReconcileRun.objects.filter(path=path).exclude(finished_at=None)
    latest = finished.order_by("-started_at", "-pk").first()
    if latest is None:
        return Freshness()
    age = (at - latest.started_at).total_seconds()
    counts = {name: int(count) for name, count in latest.counts.items()}
    differing = sum(counts.get(final.value, 0) for final in DIFFERENT)
    sound = sum(counts.get(final.value, 0) for final in SOUND)
    return Freshness(
        run=latest,
        age_seconds=age,
        differing=differing,
        unsettled=sum(counts.values()) - differing - sound,
        is_recent=age <= within_seconds,
    )


def _ago(seconds: float) -> str:
    if seconds < _HOUR:
        return f"{max(seconds, 0) / _MINUTE:.0f} min ago"
    hours = seconds / _HOUR
    return f"{hours:.0f} h ago" if hours < _HOURS_TOLD else f"{hours / 24:.0f} d ago"
