"""Handing messages to the broker: SNS, or memory for tests. Both keep the same contract.

What is too large for a call goes out as a reference to its data (`claim_checks`). It counts with
its own size when batches are made, so that it goes alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from monolith.outbox.claim_checks import S3ClaimStore, StoreUnavailable, Unclaimable, check_in
from monolith.outbox.configuration import MAX_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from types_boto3_sns import SNSClient

    from monolith.outbox.claim_checks import ClaimStore
    from monolith.outbox.messages import Message

# SNS limits the sum of all entries, attributes included, to 256 KiB: this leaves each its
# attributes.
MAX_BATCH_BYTES = 256 * 1024 - MAX_ENTRIES * 256
# What SNS answers to a whole call when one of its entries is to blame.
_ENTRY_AT_FAULT = {
    "InvalidParameter",
    "InvalidParameterValue",
    "BatchRequestTooLong",
    "ParameterValueInvalid",
}


class BrokerUnavailable(Exception):
    """Nothing is known to be published and no message is to blame: try again later."""


class Failure(NamedTuple):
    """One message that the broker did not take. Only its own faults count towards parking it."""

    event_id: UUID
    reason: str
    is_own_fault: bool = True


class Publisher(Protocol):
    """Publishes batches of one topic and at most one message per stream, in any thread."""

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        """Publish a batch and return what was not taken; everything else was accepted for good.

        Raises:
            BrokerUnavailable: the call failed as a whole; some of the batch may have arrived
            nevertheless.
        """


class SnsPublisher:
    """FIFO topics of SNS: the stream is the message group, the event id the deduplication id."""

    def __init__(
        self,
        *,
        client: SNSClient,
        topic_arns: Mapping[str, str],
        claims: ClaimStore | None = None,
    ) -> None:
        self._client = client
        self._topic_arns = topic_arns
        self._claims = claims

    @classmethod
    def from_settings(cls, *, threads: int) -> SnsPublisher:
        """Connect as the settings say, with as many connections as threads."""
        config = Config(
            connect_timeout=2,
            read_timeout=5,
            max_pool_connections=threads,
            # The relay has its own idea of when to try again.
            retries={"total_max_attempts": 1},
        )
        client = boto3.client(
            "sns",
            region_name=settings.AWS_REGION,
            endpoint_url=settings.AWS_ENDPOINT_URL or None,
            config=config,
        )
        claims = S3ClaimStore.from_settings(threads=threads)
        return cls(client=client, topic_arns=settings.OUTBOX_TOPIC_ARNS, claims=claims)

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        """Publish a batch; see `Publisher`."""
        sendable, failures = _fit(batch, self._claims)
        return failures + (self._send(sendable) if sendable else [])

    def _send(self, batch: Sequence[Message]) -> list[Failure]:
        try:
            answer = self._client.publish_batch(
                TopicArn=self._topic_arn(batch[0].topic),
                PublishBatchRequestEntries=[_entry(message) for message in batch],
            )
        except ClientError as error:
            return self._after_refusal(batch, error)
        except BotoCoreError as error:
            raise BrokerUnavailable(str(error)) from error
        return [_failure(failed) for failed in answer.get("Failed", [])]

    def _topic_arn(self, topic: str) -> str:
        try:
            return self._topic_arns[topic]
        except KeyError:
            raise BrokerUnavailable(f"OUTBOX_TOPIC_ARNS names no topic for {topic!r}") from None

    def _after_refusal(self, batch: Sequence[Message], error: ClientError) -> list[Failure]:
        reason = str(error)
        if error.response["Error"]["Code"] not in _ENTRY_AT_FAULT or "TopicArn" in reason:
            raise BrokerUnavailable(reason) from error
        if len(batch) == 1:
            return [Failure(batch[0].event_id, reason)]
        # One by one, so that only the message to blame is refused.
        return [failure for message in batch for failure in self._send([message])]


class InMemoryPublisher:
    """Keeps what was published in `published`. Tests make it fail with `is_down` and `refused`.

    A refused event fails by itself, with the reason given, until it is taken out of `refused`.
    """

    def __init__(self, *, claims: ClaimStore | None = None) -> None:
        self.published: list[Message] = []
        self._claims = claims
        self.refused: dict[UUID, str] = {}
        self.is_down = False

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        """Publish a batch; see `Publisher`."""
        if self.is_down:
            raise BrokerUnavailable("the broker is down")
        sendable, failures = _fit(batch, self._claims)
        for message in sendable:
            if reason := self.refused.get(message.event_id):
                failures.append(Failure(message.event_id, reason))
            else:
                self.published.append(message)
        return failures


def _fit(
    batch: Sequence[Message], claims: ClaimStore | None
) -> tuple[list[Message], list[Failure]]:
    """Put a reference in the place of what is too large, and tell what cannot have one."""
    fitting: list[Message] = []
    failures: list[Failure] = []
    for message in batch:
        try:
            fitting.append(_small_enough(message, claims))
        except Unclaimable as error:
            failures.append(Failure(message.event_id, str(error)))
        except StoreUnavailable as error:
            # No outage of the topic: its other messages need no store, and would wait in vain.
            failures.append(Failure(message.event_id, str(error), is_own_fault=False))
    return fitting, failures


def _small_enough(message: Message, claims: ClaimStore | None) -> Message:
    if message.size <= MAX_BATCH_BYTES:
        return message
    limit = f"{message.size} bytes; a message has {MAX_BATCH_BYTES} at most"
    if claims is None:
        raise Unclaimable(f"{limit}, and OUTBOX_CLAIM_BUCKET names no bucket for larger ones")
    reference = check_in(message, claims)
    if reference.size > MAX_BATCH_BYTES:
        raise Unclaimable(f"{limit}, and its reference has {reference.size}")
    return reference


def _entry(message: Message) -> Any:
    return {
        "Id": str(message.event_id),
        "Message": message.payload,
        "MessageGroupId": message.stream,
        "MessageDeduplicationId": str(message.event_id),
        "MessageAttributes": {
            "event_type": {"DataType": "String", "StringValue": message.event_type},
            "stream_kind": {"DataType": "String", "StringValue": message.topic},
            **_if_any("traceparent", message.traceparent),
            **_if_any("addressee", message.addressee),
        },
    }


def _if_any(name: str, value: str | None) -> Any:
    return {name: {"DataType": "String", "StringValue": value}} if value else {}


def _failure(failed: Any) -> Failure:
    return Failure(
        UUID(failed["Id"]),
        f"{failed['Code']}: {failed.get('Message', '')}",
        is_own_fault=bool(failed.get("SenderFault")),
    )
