"""Where a replay goes: one consumer's queue, or one topic, in place of every topic there is.

It is the publisher of the relay that sends, over a client that takes what is meant for any topic
to the one place, under deduplication ids of this run: with those of the first time, FIFO would
swallow what it has seen within five minutes.
"""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from django.conf import settings

from monolith.outbox.claim_checks import S3ClaimStore
from monolith.outbox.publishers import SnsPublisher

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_sns import SNSClient

    from monolith.outbox.publishers import Publisher

    Send = Callable[[list[dict[str, Any]]], Any]

_ARN = re.compile(r"arn:[\w-]+:(sqs|sns):[\w-]+:(\d+):(.+)")
_URL = re.compile(r"https?://")
_OF_FIFO_ONLY = ("MessageGroupId", "MessageDeduplicationId")


class UnknownDestination(Exception):
    """It is neither an address nor a name that the settings know."""


def queue_urls() -> Mapping[str, str]:
    """Return the consumers' queues that the settings name: name to URL."""
    return getattr(settings, "OUTBOX_QUEUE_URLS", {})


def open_destination(name: str) -> Publisher:
    """Return a publisher that sends every message to one queue or topic, whatever its topic is.

    A queue is given by its name in OUTBOX_QUEUE_URLS, its URL or its ARN; a topic by its name in
    OUTBOX_TOPIC_ARNS or its ARN. Each call begins a run of its own.

    Raises:
        UnknownDestination: it is none of these.
    """
    address = {**settings.OUTBOX_TOPIC_ARNS, **queue_urls()}.get(name, name)
    is_fifo = address.endswith(".fifo")
    arn = _ARN.fullmatch(address)
    if _URL.match(address):
        return _redirected(_to_queue(_client("sqs"), address), is_fifo=is_fifo)
    if arn and arn[1] == "sqs":
        sqs = _client("sqs")
        return _redirected(_to_queue(sqs, _url_of(sqs, arn)), is_fifo=is_fifo)
    if arn:
        return _redirected(_to_topic(_client("sns"), address), is_fifo=is_fifo)
    known = ", ".join(sorted([*queue_urls(), *settings.OUTBOX_TOPIC_ARNS])) or "none"
    raise UnknownDestination(f"{name}: no queue and no topic of this name (known: {known})")


class _Redirection:
    """What `SnsPublisher` needs of a client of SNS; sends everything to one place."""

    def __init__(self, send: Send, *, is_fifo: bool) -> None:
        self._send = send
        self._is_fifo = is_fifo
        self._run = secrets.token_hex(8)

    def publish_batch(self, **request: Any) -> Any:
        return self._send([self._renewed(e) for e in request["PublishBatchRequestEntries"]])

    def _renewed(self, entry: dict[str, Any]) -> dict[str, Any]:
        if not self._is_fifo:
            return {key: value for key, value in entry.items() if key not in _OF_FIFO_ONLY}
        first = f"{entry['MessageDeduplicationId']}/{self._run}"
        return {**entry, "MessageDeduplicationId": sha256(first.encode()).hexdigest()}


def _redirected(send: Send, *, is_fifo: bool) -> SnsPublisher:
    client = cast("SNSClient", _Redirection(send, is_fifo=is_fifo))
    claims = S3ClaimStore.from_settings(threads=1)
    return SnsPublisher(client=client, topic_arns=defaultdict(str), claims=claims)


def _url_of(sqs: Any, arn: re.Match[str]) -> str:
    try:
        found = sqs.get_queue_url(QueueOwnerAWSAccountId=arn[2], QueueName=arn[3])
    except ClientError as error:
        raise UnknownDestination(f"{arn[0]}: {error}") from error
    return str(found["QueueUrl"])


def _to_queue(sqs: Any, url: str) -> Send:
    def send(entries: list[dict[str, Any]]) -> Any:
        return sqs.send_message_batch(QueueUrl=url, Entries=list(map(_as_in_a_queue, entries)))

    return send


def _to_topic(sns: Any, arn: str) -> Send:
    return lambda entries: sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)


def _as_in_a_queue(entry: dict[str, Any]) -> dict[str, Any]:
    # As a subscription with raw delivery would have put it there.
    return {("MessageBody" if key == "Message" else key): value for key, value in entry.items()}


def _client(service: str) -> Any:
    create: Any = boto3.client  # its stubs want one literal name
    return create(
        service,
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 1}),
    )
