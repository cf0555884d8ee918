"""What AWS hands to a function: batches of SQS messages and HTTP API requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from event_contracts.codec import encode

if TYPE_CHECKING:
    from event_contracts.envelope import Envelope


def message(message_id: str, body: str, *, group: str) -> dict[str, Any]:
    """Shape one message as an event source mapping does for a FIFO queue."""
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1312189200000",
            "SequenceNumber": "18849496460467696128",
            "MessageGroupId": group,
            "SenderId": "AIDAEXAMPLE",
            "MessageDeduplicationId": message_id,
            "ApproximateFirstReceiveTimestamp": "1312189200001",
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:order-history-events.fifo",
        "awsRegion": "eu-west-1",
    }


def batch(*envelopes: Envelope) -> dict[str, Any]:
    """Shape a batch of events; each message is named `<stream>@<version>`."""
    return {"Records": [message_of(envelope) for envelope in envelopes]}


def message_of(envelope: Envelope) -> dict[str, Any]:
    """Shape one event; the message is named `<stream>@<version>`."""
    name = f"{envelope.stream}@{envelope.version}"
    return message(name, encode(envelope), group=envelope.stream)


def referring(envelope: Envelope, dataref: str) -> dict[str, Any]:
    """Shape one event whose data is elsewhere; the message is named `<stream>@<version>`."""
    shaped = message_of(envelope)
    event = json.loads(shaped["body"])
    del event["data"]
    return shaped | {"body": json.dumps(event | {"dataref": dataref})}


def given_back(answer: dict[str, Any]) -> list[str]:
    """List the messages that a function's answer asks to deliver again."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def get_orders(customer_id: str, **parameters: str) -> dict[str, Any]:
    """Shape `GET /customers/{id}/orders` as an HTTP API does, payload version 2.0."""
    request: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "GET /customers/{id}/orders",
        "rawPath": f"/customers/{customer_id}/orders",
        "rawQueryString": "",
        "headers": {"accept": "application/json"},
        "pathParameters": {"id": customer_id},
        "requestContext": {"http": {"method": "GET"}},
        "isBase64Encoded": False,
    }
    return request | ({"queryStringParameters": parameters} if parameters else {})
