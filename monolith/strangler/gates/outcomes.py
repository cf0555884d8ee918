"""What the outcomes of comparisons count as: judged, bad, failed. Names: `comparison.outcomes`."""

from __future__ import annotations

from typing import Protocol

from monolith.strangler.gates.profiles import ORDER_ONLY_SHARE

AGREED = ("match", "match-norm")
WRONG = ("wrong", "missing", "extra", "leak")
FAILED = ("error", "timeout", "throttled")


class Counts(Protocol):
    """How often each outcome was seen."""

    def of(self, *names: str) -> int:
        """Return how often one of these was."""


def judged_of(compared: Counts, rechecked: Counts) -> int:
    """Return how many comparisons say whether the service is right.

    What was stale says nothing until it is overdue; noise, errors and what was dropped never do.
    """
    return compared.of(*AGREED, *WRONG, "order-only") + overdue_of(compared, rechecked)


def bad_of(compared: Counts, rechecked: Counts) -> int:
    """Return how many were wrong, with those in another order beyond what is allowed of them."""
    allowed = int(ORDER_ONLY_SHARE * judged_of(compared, rechecked))
    disordered = max(0, compared.of("order-only") - allowed)
    return compared.of(*WRONG) + overdue_of(compared, rechecked) + disordered


def overdue_of(compared: Counts, rechecked: Counts) -> int:
    """Return how many stale answers never healed, under whichever name they were counted."""
    return max(compared.of("stale-overdue"), rechecked.of("overdue"))


def failed_of(compared: Counts) -> int:
    """Return how many questions to the service got no answer that could be compared."""
    return compared.of(*FAILED)
