"""Alarms on what the monolith says of its outbox, in the log line that `outbox.watch` writes."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.building_blocks.alarms import MINUTE, add_alarm
from infra.environments import EnvironmentStack

OLDEST_EVENT = Duration.minutes(2)


class OutboxAlarms(EnvironmentStack):
    """CloudWatch takes metrics from the worker's log by itself: it is their embedded format."""

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, "outbox-alarms", description="Alarms on the monolith's outbox")
        add_alarm(
            self,
            name="outbox-not-draining",
            says=f"An event has waited for {OLDEST_EVENT.to_seconds():g} s, or nobody can say.",
            page="outbox-not-draining",
            metric=_metric("oldest_unheld_age_seconds"),
            threshold=OLDEST_EVENT.to_seconds(),
            minutes=3,
            when_silent=cloudwatch.TreatMissingData.BREACHING,
        )
        add_alarm(
            self,
            name="outbox-stream-parked",
            says="The events of a stream wait for a person.",
            page="outbox-stream-parked",
            metric=_metric("parked_streams"),
        )
        add_alarm(
            self,
            name="outbox-shard-without-owner",
            says="No relay sees to some of the streams.",
            page="outbox-shard-without-owner",
            metric=_metric("shards_without_owner"),
            minutes=2,
        )


def _metric(name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="Banyan",
        metric_name=name,
        dimensions_map={"service": "outbox"},
        period=MINUTE,
        statistic="Maximum",
    )
