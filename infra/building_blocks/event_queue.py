"""A consumer's queue: whole streams in their order, dead letters beside it, and the alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput, Duration, Fn
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from event_contracts.registry import EVENT_CLASSES, EVENT_TYPES, is_snapshot
from infra import exports
from infra.building_blocks.alarms import alarm_when_not_empty, alarm_when_old

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST_RECEIVES = 5
OLDEST_EVENT = Duration.minutes(2)
# AWS advises six times the function's: a batch is received again while its invocation is retried.
VISIBILITY_PER_TIMEOUT = 6


class EventQueue(Construct):  # type: ignore[misc]  # its types are in .venv-cdk
    """Subscribed to all facts of some kinds of streams, and to `snapshots`, classes of events.

    Never to some facts only: a stream's versions would have gaps. A snapshot raises no version, and
    one that is somebody else's may stay away: it is addressed to another, or of a kind that is not
    wanted. Those kinds are named, not the others: one that is younger than this queue is delivered.
    """

    def __init__(
        self,
        scope: Any,
        *,
        consumer: str,
        stream_kinds: Sequence[str],
        snapshots: Collection[type],
        function_timeout: Duration,
    ) -> None:
        super().__init__(scope, "Events")
        self._consumer = consumer
        # Services are called as the paths that they answer.
        self._addressee = consumer.replace("-", "_")
        self._unwanted = _snapshots_other_than(snapshots)
        self.dead_letters = self._add_queue(
            "Dead", f"{consumer}-events-dead", retention=Duration.days(14)
        )
        self.queue = self._add_queue(
            "Queue",
            f"{consumer}-events",
            retention=Duration.days(7),
            visibility_timeout=Duration.seconds(
                function_timeout.to_seconds() * VISIBILITY_PER_TIMEOUT
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=MOST_RECEIVES
            ),
        )
        for kind in stream_kinds:
            self._subscribe(kind)
        self._add_alarms()

    def _add_queue(
        self, id_: str, name: str, *, retention: Duration, **properties: Any
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            id_,
            queue_name=f"{name}.fifo",
            fifo=True,
            content_based_deduplication=False,
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
            retention_period=retention,
            enforce_ssl=True,
            **properties,
        )
        CfnOutput(self, f"{id_}Url", value=queue.queue_url, export_name=exports.queue(name))
        return queue

    def _subscribe(self, kind: str) -> None:
        topic = sns.Topic.from_topic_arn(
            self, f"{kind}-topic", Fn.import_value(exports.topic(kind))
        )
        topic.add_subscription(
            subscriptions.SqsSubscription(
                self.queue,
                raw_message_delivery=True,
                dead_letter_queue=self.dead_letters,
                filter_policy={
                    "event_type": sns.SubscriptionFilter.string_filter(denylist=self._unwanted),
                    "addressee": sns.SubscriptionFilter([{"exists": False}, self._addressee]),
                },
            )
        )

    def _add_alarms(self) -> None:
        alarm_when_not_empty(self, self.dead_letters, name=f"{self._consumer}-events-dead")
        alarm_when_old(
            self,
            self.queue,
            name=f"{self._consumer}-events-old",
            age=OLDEST_EVENT,
            page="events-wait-too-long",
        )


def _snapshots_other_than(taken_over: Collection[type]) -> list[str]:
    wanted = {EVENT_TYPES[snapshot] for snapshot in taken_over}
    return sorted(name for name in EVENT_CLASSES if is_snapshot(name) and name not in wanted)
