"""Does the service answer for every key what the monolith answers? At equal versions, page by page.

Chunks of keys are compared by one checksum each, so that only what differs is looked at closely.
What it cannot see: an error that both sides share, and requests with filters.
"""

from monolith.strangler.reconciliation.continuous import Step, run_continuously, step
from monolith.strangler.reconciliation.freshness import Freshness, freshness
from monolith.strangler.reconciliation.outcomes import Final, Finding
from monolith.strangler.reconciliation.repairing import Repair, TooManyToRepair
from monolith.strangler.reconciliation.running import Report, run

__all__ = [
    "Final",
    "Finding",
    "Freshness",
    "Repair",
    "Report",
    "Step",
    "TooManyToRepair",
    "freshness",
    "run",
    "run_continuously",
    "step",
]
