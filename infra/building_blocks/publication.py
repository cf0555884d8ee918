"""A store that is published whole: a bucket, and a queue of wake-ups that name what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import exports
from infra.building_blocks.alarms import alarm_when_not_empty, alarm_when_old
from infra.building_blocks.event_queue import MOST_RECEIVES, VISIBILITY_PER_TIMEOUT

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

OLDEST_WAKE_UP = Duration.minutes(2)


class Publication(Construct):  # type: ignore[misc]  # its types are in .venv-cdk
    """What is published, and the queue that asks for it: one message group, so one at a time."""

    def __init__(
        self, scope: Any, *, publisher: str, window: Duration, function_timeout: Duration
    ) -> None:
        super().__init__(scope, "Publication")
        self.bucket = s3.Bucket(
            self,
            "Published",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            # It can be built anew from the table at any time.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        name = f"{publisher}-publish"
        self.dead_letters = self._add_queue("Dead", f"{name}-dead", retention=Duration.days(14))
        self.queue = self._add_queue(
            "Queue",
            name,
            retention=Duration.days(1),
            delivery_delay=window,
            visibility_timeout=Duration.seconds(
                function_timeout.to_seconds() * VISIBILITY_PER_TIMEOUT
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=MOST_RECEIVES
            ),
        )
        alarm_when_not_empty(self, self.dead_letters, name=f"{name}-dead")
        alarm_when_old(
            self, self.queue, name=f"{name}-old", age=OLDEST_WAKE_UP, page="events-wait-too-long"
        )

    def let_ask(self, function: lambda_.Function) -> None:
        """Let a function ask for a publication."""
        self.queue.grant_send_messages(function)
        function.add_environment("PUBLISH_QUEUE_URL", self.queue.queue_url)

    def let_publish(self, function: lambda_.Function) -> None:
        """Let a function publish, and remove what is out of use."""
        self._grant(function, "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        function.add_environment("INDEX_BUCKET", self.bucket.bucket_name)

    def let_read(self, function: lambda_.Function) -> None:
        """Let a function read what is published."""
        self._grant(function, "s3:GetObject")
        function.add_environment("INDEX_BUCKET", self.bucket.bucket_name)

    def _grant(self, function: lambda_.Function, *actions: str) -> None:
        # To whoever may not list a bucket, S3 says of what is missing that it is forbidden.
        for allowed, resource in (
            (actions, self.bucket.arn_for_objects("*")),
            (("s3:ListBucket",), self.bucket.bucket_arn),
        ):
            function.add_to_role_policy(
                iam.PolicyStatement(actions=list(allowed), resources=[resource])
            )

    def _add_queue(
        self, id_: str, name: str, *, retention: Duration, **properties: Any
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            id_,
            queue_name=f"{name}.fifo",
            fifo=True,
            content_based_deduplication=False,
            retention_period=retention,
            enforce_ssl=True,
            **properties,
        )
        CfnOutput(self, f"{id_}Url", value=queue.queue_url, export_name=exports.queue(name))
        return queue
