"""The entry points as Lambda calls them, on a real table, bucket and queue."""

from __future__ import annotations

import json
from uuid import uuid4

import boto3
import pytest

from event_contracts.catalogue import ProductSoldOut
from event_contracts.envelope import Envelope
from event_contracts.registry import event_type_of
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NO_PRODUCT, customer_stream, product_stream
from extracted_services.catalogue_search import handlers
from extracted_services.catalogue_search.store import publishing
from extracted_services.catalogue_search.store.products import WakeUp
from tests.extracted_services.catalogue_search.gifts import NOON, listed
from tests.extracted_services.messages import batch, given_back


def envelope(event, version, *, stream=""):
    return Envelope(
        event_id=uuid4(),
        event_type=event_type_of(event),
        stream=stream or product_stream(event.stock_code),
        version=version,
        occurred_at=NOON,
        data=event,
    )


def beat(version):
    event = HeartbeatSent(path="catalogue_search", sent_at=NOON)
    return envelope(event, version, stream=product_stream(NO_PRODUCT))


@pytest.fixture
def wake_ups(dynamodb, catalogue_table, s3_bucket, monkeypatch):
    """Let the entry points find what they are deployed with; return the queue of wake-ups."""
    sqs = boto3.client("sqs")
    url = sqs.create_queue(
        QueueName=f"publish-{uuid4().hex}.fifo", Attributes={"FifoQueue": "true"}
    )["QueueUrl"]
    monkeypatch.setenv("TABLE_NAME", catalogue_table)
    monkeypatch.setenv("INDEX_BUCKET", s3_bucket.name)
    monkeypatch.setenv("PUBLISH_QUEUE_URL", url)
    monkeypatch.setattr(publishing, "CHECK_SECONDS", 0)
    made = (
        handlers._store,
        handlers._known,
        handlers._publication,
        handlers._wake_ups,
        handlers._reader,
    )
    for each in made:
        each.cache_clear()
    yield lambda: received(sqs, url)
    handlers._store().close()
    for each in made:
        each.cache_clear()
    sqs.close()


def received(sqs, url):
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [{"body": message["Body"]} for message in messages]


def told(asked):
    return [WakeUp.from_json(record["body"]).versions for record in asked]


def ask(**parameters):
    event = {"routeKey": "GET /products", "queryStringParameters": parameters}
    response = handlers.on_request(event, None)
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.platform
def test_what_arrives_is_published_and_found(wake_ups):
    assert ask(words="heart")[0] == 404

    failed = handlers.on_events(batch(envelope(listed("RED HEART", "RED"), 1), beat(1)), None)
    asked = wake_ups()
    published = handlers.on_publish({"Records": asked}, None)

    status, page = ask(words="hearts")
    assert given_back(failed) == published["batchItemFailures"] == []
    assert told(asked) == [{"RED": 1, NO_PRODUCT: 1}]
    assert (status, page["as_of"], page["total"]) == (200, 1, 1)
    assert ask(stock_code=NO_PRODUCT)[1]["as_of"] == 1


@pytest.mark.platform
def test_beat_asks_for_a_manifest_only(wake_ups):
    handlers.on_events(batch(envelope(listed("RED HEART", "RED"), 1)), None)
    handlers.on_publish({"Records": wake_ups()}, None)
    before = handlers._publication().find_manifest()

    handlers.on_events(batch(beat(1)), None)
    asked = wake_ups()
    handlers.on_publish({"Records": asked}, None)

    assert told(asked) == [{NO_PRODUCT: 1}]
    after = handlers._publication().find_manifest()
    assert before is not None
    assert after is not None
    assert (after.index, after.beat) == (before.index, 1)
    assert ask(stock_code=NO_PRODUCT)[1]["as_of"] == 1


@pytest.mark.platform
def test_event_that_comes_again_asks_again(wake_ups):
    """Whoever projected it may have died before asking."""
    event = envelope(listed("RED HEART", "RED"), 1)
    handlers.on_events(batch(event), None)
    assert told(wake_ups()) == [{"RED": 1}]

    handlers.on_events(batch(event), None)

    assert told(wake_ups()) == [{"RED": 1}]


def test_gap_goes_back_and_later_events_of_the_stream_with_it(service):
    events = [
        envelope(listed("RED HEART", "RED"), 1),
        envelope(ProductSoldOut(stock_code="RED", sold_out_at=NOON), 3),
        envelope(listed("BLUE HEART", "BLUE"), 1),
    ]

    answer = handlers.consumer(service.store, {}).consume(batch(*events))

    assert given_back(answer) == ["product/RED@3"]


def test_stream_of_no_product_is_nobodys_business(service):
    heard_of: dict[str, int] = {}
    event = envelope(
        HeartbeatSent(path="order_history", sent_at=NOON), 1, stream=customer_stream(7)
    )

    handlers.consumer(service.store, heard_of).consume(batch(event))

    assert heard_of == {}
