"""One path in a few lines and figures: what the status verb prints and the pages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.counting import statistics
from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.gates import evidence, gating
from monolith.strangler.gates.outcomes import bad_of, judged_of
from monolith.strangler.state import queries

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.gates.facts import Counts, Evidence
    from monolith.strangler.state.queries import PathStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well answers agree: how many were judged, how many were bad, and a bound of the share."""

    judged: int
    bad: int

    @property
    def upper_bound(self) -> float:
        """The largest share of bad answers that these do not rule out; 1 where there are none."""
        return statistics.upper_bound(self.bad, self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Where a path stands, and what is known about it. What nobody counted is None, never 0."""

    status: PathStatus
    evidence: Evidence
    agreement: Agreement
    actual_bp: int | None
    fallbacks: int
    reads: int
    service_p95: float | None
    monolith_p95: float | None
    staleness_p99: float | None
    lag_p99: float | None
    profile_label: str
    at: datetime


def summarise(path: str, *, at: datetime) -> Summary:
    """Gather everything about a path that fits into a few lines.

    Raises:
        PathNotDeclared: there is no such path.
    """
    profile = gating.current_profile()
    gathered = evidence.gather(path, at=at, profile=profile)
    return Summary(
        status=queries.get_status(path),
        evidence=gathered,
        agreement=agreement_of(gathered.compared_in_epoch, gathered.rechecked),
        actual_bp=_actual_share(gathered.answers),
        fallbacks=gathered.answers.starting("monolith:fallback:"),
        reads=gathered.answers.total,
        service_p95=quantile_of(gathered.service_latency, 0.95),
        monolith_p95=quantile_of(gathered.monolith_latency, 0.95),
        staleness_p99=quantile_of(gathered.staleness, 0.99),
        lag_p99=quantile_of(gathered.lag, 0.99),
        profile_label=profile.label,
        at=at,
    )


def agreement_of(compared: Counts, rechecked: Counts) -> Agreement:
    """Return how well compared answers agree, counted as the gates count them."""
    return Agreement(judged=judged_of(compared, rechecked), bad=bad_of(compared, rechecked))


def quantile_of(counts: Counts, q: float) -> float | None:
    """Return a quantile of a histogram in milliseconds; None where nothing was counted."""
    buckets = counts.buckets()
    return statistics.quantile(buckets, q) if buckets else None


def _actual_share(answers: Counts) -> int | None:
    if not answers.total:
        return None
    return round(answers.starting("service:") * WHOLE / answers.total)
