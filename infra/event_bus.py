"""The event bus: one FIFO topic per kind of stream, so that every stream keeps its order."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput
from aws_cdk import aws_sns as sns

from event_contracts.streams import STREAM_KINDS
from infra import exports
from infra.environments import EnvironmentStack


class EventBus(EnvironmentStack):
    """The topics that the outbox publishes to and the services subscribe to."""

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, "event-bus", description="Topics of the shop's event streams")
        for kind in STREAM_KINDS:
            self._add_topic(kind)

    def _add_topic(self, kind: str) -> None:
        name = kind.title().replace("-", "")
        topic = sns.Topic(
            self,
            f"{name}Events",
            topic_name=f"{kind}-events.fifo",
            fifo=True,
            # The relay gives each event's id: equal contents may be two events.
            content_based_deduplication=False,
            # Throughput counts per stream, not per topic. This cannot be taken back.
            fifo_throughput_scope=sns.FifoThroughputScope.MESSAGE_GROUP,
            enforce_ssl=True,
        )
        CfnOutput(self, f"{name}Topic", value=topic.topic_arn, export_name=exports.topic(kind))
