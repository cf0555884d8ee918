"""The outbox's vital signs as one log line, whose figures CloudWatch takes for metrics.

Where Prometheus is at hand it knows more; this is for alarms on AWS, which need nothing else.
"""

from __future__ import annotations

import time
from typing import Any

import structlog

from monolith.outbox.measuring import measure

NAMESPACE = "Banyan"
SERVICE = "outbox"
UNITS = {
    "pending_events": "Count",
    "oldest_unheld_age_seconds": "Seconds",
    "parked_streams": "Count",
    "shards_without_owner": "Count",
}

log = structlog.get_logger(__name__)


def log_vital_signs() -> None:
    """Measure, and log it in CloudWatch's embedded metric format, by the dimension `service`.

    Raises:
        django.db.Error: the database does not answer; no line is written, which is a sign, too.
    """
    found = measure()
    figures = {
        "pending_events": sum(found.pending.values()),
        "oldest_unheld_age_seconds": round(found.oldest_unheld_age, 3),
        "parked_streams": found.parked,
        "shards_without_owner": found.ownerless,
    }
    log.info("outbox_vital_signs", service=SERVICE, **figures, _aws=_directive())


def _directive() -> dict[str, Any]:
    metrics = [{"Name": name, "Unit": unit} for name, unit in UNITS.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["service"]], "Metrics": metrics}
    return {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": [directive]}
