"""The event bus: one FIFO topic per kind of stream, so that every stream keeps its order.

Beside them a bucket for the data of events that are too large for a message (decision 10).
"""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from event_contracts.streams import STREAM_KINDS
from infra import exports
from infra.environments import EnvironmentStack

# A week in a queue, two in its dead letters, and the same week once more after they were given
# back; the last week is for whoever finds them late.
CLAIM_RETENTION = Duration.days(35)


class EventBus(EnvironmentStack):
    """The topics that the outbox publishes to and the services subscribe to."""

    def __init__(self, scope: Any) -> None:
        super().__init__(scope, "event-bus", description="Topics of the shop's event streams")
        for kind in STREAM_KINDS:
            self._add_topic(kind)
        self._add_claims()

    def _add_claims(self) -> None:
        # Names of buckets are the whole world's: CloudFormation finds one that is free.
        bucket = s3.Bucket(
            self,
            "Claims",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=CLAIM_RETENTION)],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        CfnOutput(self, "ClaimsBucket", value=bucket.bucket_name, export_name=exports.CLAIMS)

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
