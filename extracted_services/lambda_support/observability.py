"""Log lines that people search and CloudWatch counts: JSON, metrics embedded in the same line."""

from __future__ import annotations

import time
from typing import IO, Any

from aws_lambda_powertools.logging import Logger

NAMESPACE = "Banyan"

Fields = dict[str, Any]


def structured_logger(service: str, stream: IO[str] | None = None) -> Logger:
    """Return the logger of a service: one JSON object a line, on standard output by default."""
    return Logger(service=service, stream=stream, utc=True)


def with_metrics(fields: Fields, units: dict[str, str], *, by: tuple[str, ...]) -> Fields:
    """Mark some fields of a log line as metrics, in CloudWatch's embedded metric format.

    `units` gives a CloudWatch unit for each field that is a metric; `by` names those that are
    dimensions. Fields that the line does not have are left out.
    """
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items() if name in fields]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(by)], "Metrics": metrics}
    now_in_ms = time.time_ns() // 1_000_000
    return {**fields, "_aws": {"Timestamp": now_in_ms, "CloudWatchMetrics": [directive]}}
