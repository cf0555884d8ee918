"""The limit of a broker: `bare_publishing SINK` sends a backlog to SNS without any outbox.

As many threads as the relay has share the streams among them, so that each call has ten entries of
ten streams and nobody has to wait for anybody.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import django
from botocore.config import Config

from benchmarks.outbox.sightings import Sink

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

_ENTRIES = 10
_READ = "select stream, event_id, event_type, topic, payload from outbox_message order by id"


def main() -> None:
    """Publish everything once."""
    django.setup()
    from monolith.outbox.configuration import RelayOptions

    threads = RelayOptions.from_settings().publish_threads
    client, sink = _client(threads), Sink(Path(sys.argv[1]))
    topic_arn, batches = _topic_arn(), _batches(threads)
    workers = [
        threading.Thread(target=_publish, args=(client, topic_arn, own, sink)) for own in batches
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _publish(
    client: SNSClient, topic_arn: str, batches: list[list[dict[str, Any]]], sink: Sink
) -> None:
    for entries in batches:
        answer = client.publish_batch(
            TopicArn=topic_arn,
            PublishBatchRequestEntries=entries,  # type: ignore[arg-type]
        )
        sink.note(entry["Id"] for entry in answer["Successful"])


def _batches(threads: int) -> list[list[list[dict[str, Any]]]]:
    """Return the batches of each thread: the backlog's streams come in turn, so ten differ."""
    from monolith.outbox.connecting import connect

    with connect("bare publishing") as connection:
        rows = connection.execute(_READ).fetchall()
    streams = sorted({row[0] for row in rows})
    owner = {stream: number % threads for number, stream in enumerate(streams)}
    shares: list[list[dict[str, Any]]] = [[] for _ in range(threads)]
    for row in rows:
        shares[owner[row[0]]].append(_entry(*row))
    return [
        [share[first : first + _ENTRIES] for first in range(0, len(share), _ENTRIES)]
        for share in shares
    ]


def _entry(
    stream: str, event_id: object, event_type: str, topic: str, payload: str
) -> dict[str, Any]:
    return {
        "Id": str(event_id),
        "Message": payload,
        "MessageGroupId": stream,
        "MessageDeduplicationId": str(event_id),
        "MessageAttributes": {
            "event_type": {"DataType": "String", "StringValue": event_type},
            "stream_kind": {"DataType": "String", "StringValue": topic},
        },
    }


def _client(threads: int) -> SNSClient:
    from django.conf import settings

    return boto3.client(
        "sns",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL,
        config=Config(max_pool_connections=threads),
    )


def _topic_arn() -> str:
    from django.conf import settings

    return str(settings.OUTBOX_TOPIC_ARNS["product"])


if __name__ == "__main__":
    main()
