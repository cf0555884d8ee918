"""One contract for the real publisher and for the one in memory, and what only SNS can do."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from event_contracts.codec import decode, encode
from event_contracts.envelope import Envelope
from monolith.outbox.messages import Message
from monolith.outbox.publishers import (
    MAX_BATCH_BYTES,
    BrokerUnavailable,
    Failure,
    InMemoryPublisher,
    SnsPublisher,
)
from tests.conformance.conftest import running as running_platform
from tests.monolith.outbox.events import NOON, sold_out


def _message(stream="product/1", *, version=1, payload=None) -> Message:
    envelope = Envelope(
        event_id=uuid4(),
        event_type="catalogue.product_sold_out.v1",
        stream=stream,
        version=version,
        occurred_at=NOON,
        data=sold_out(),
    )
    text = encode(envelope) if payload is None else payload
    return Message(
        shard=0,
        token=1,
        id=version,
        recorded_at=NOON,
        event_id=envelope.event_id,
        stream=stream,
        version=version,
        event_type=envelope.event_type,
        topic="product",
        payload=text,
        size=len(text.encode()),
        attempts=0,
    )


class MemoryBroker:
    """The publisher in memory, and what a subscriber would have got from it."""

    def __init__(self) -> None:
        self.publisher = InMemoryPublisher()

    def received(self) -> list[str]:
        return [message.payload for message in self.publisher.published]

    @contextmanager
    def outage(self):
        self.publisher.is_down = True
        yield self.publisher
        self.publisher.is_down = False


class SnsBroker:
    """SNS with a FIFO queue that is subscribed raw."""

    def __init__(self, platform) -> None:
        self._platform = platform
        sns, self._sqs = platform.client("sns"), platform.client("sqs")
        name, fifo = uuid4().hex[:8], {"FifoTopic": "true"}
        arn = sns.create_topic(Name=f"{name}.fifo", Attributes=fifo)["TopicArn"]
        self._queue = self._sqs.create_queue(
            QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"}
        )["QueueUrl"]
        queue_arn = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        sns.subscribe(
            TopicArn=arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        self._arns = {"product": arn}
        self.publisher = SnsPublisher(client=sns, topic_arns=self._arns)

    def messages(self):
        answer = self._sqs.receive_message(
            QueueUrl=self._queue,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def received(self) -> list[str]:
        return [message["Body"] for message in self.messages()]

    @contextmanager
    def outage(self):
        yield SnsPublisher(client=_sns_client("http://127.0.0.1:1"), topic_arns=self._arns)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    yield from running_platform(tmp_path_factory.mktemp("platform"))


@pytest.fixture(params=["memory", pytest.param("sns", marks=pytest.mark.platform)])
def broker(request):
    if request.param == "memory":
        return MemoryBroker()
    return SnsBroker(request.getfixturevalue("platform"))


def test_whole_batch_arrives_as_it_was_encoded(broker):
    batch = [_message("product/1"), _message("product/2")]

    assert broker.publisher.publish(batch) == []

    assert sorted(broker.received()) == sorted(message.payload for message in batch)


def test_message_larger_than_a_batch_may_be_fails_alone(broker):
    fine, large = _message("product/1"), _message("product/2", payload="x" * (MAX_BATCH_BYTES + 1))

    failures = broker.publisher.publish([large, fine])

    assert [(failure.event_id, failure.is_own_fault) for failure in failures] == [
        (large.event_id, True)
    ]
    assert broker.received() == [fine.payload]


def test_outage_is_told_apart_from_a_failing_message(broker):
    with broker.outage() as publisher, pytest.raises(BrokerUnavailable):
        publisher.publish([_message()])

    assert broker.received() == []


@pytest.mark.platform
def test_stream_is_the_message_group_and_the_event_id_deduplicates(platform):
    broker = SnsBroker(platform)
    message = _message("product/85123A")

    broker.publisher.publish([message])
    broker.publisher.publish([message])

    (received,) = broker.messages()
    assert received["Attributes"]["MessageGroupId"] == "product/85123A"
    assert decode(received["Body"]).event_id == message.event_id
    assert {n: a["StringValue"] for n, a in received["MessageAttributes"].items()} == {
        "event_type": "catalogue.product_sold_out.v1",
        "stream_kind": "product",
    }


@pytest.mark.platform
def test_missing_topic_is_an_outage_of_that_topic_and_blames_no_message(platform):
    arn = "arn:aws:sns:eu-west-1:000000000000:nobody-made-this.fifo"
    publisher = SnsPublisher(client=platform.client("sns"), topic_arns={"product": arn})

    with pytest.raises(BrokerUnavailable):
        publisher.publish([_message()])


def test_topic_that_the_settings_do_not_name_is_an_outage_of_that_topic():
    publisher = SnsPublisher(client=_sns_client("http://127.0.0.1:1"), topic_arns={})

    with pytest.raises(BrokerUnavailable, match="OUTBOX_TOPIC_ARNS"):
        publisher.publish([_message()])


def test_entries_that_sns_refuses_are_reported_with_whose_fault_it_was():
    batch = [_message("product/1"), _message("product/2"), _message("product/3")]
    mine, theirs = batch[0].event_id, batch[1].event_id
    answer = _batch_answer(
        failed=[(mine, "InvalidParameter", "true"), (theirs, "InternalError", "false")],
        successful=[batch[2].event_id],
    )

    with _sns_that_answers([(200, answer)]) as publisher:
        failures = publisher.publish(batch)

    assert failures == [
        Failure(mine, "InvalidParameter: no", is_own_fault=True),
        Failure(theirs, "InternalError: no", is_own_fault=False),
    ]


def test_batch_that_is_refused_because_of_one_entry_is_sent_again_one_by_one():
    batch = [_message("product/1"), _message("product/2")]
    refusal = (400, _error("InvalidParameter"))
    accepted = (200, _batch_answer(failed=[], successful=[batch[0].event_id]))

    with _sns_that_answers([refusal, accepted, refusal]) as publisher:
        failures = publisher.publish(batch)

    assert [failure.event_id for failure in failures] == [batch[1].event_id]


@pytest.mark.parametrize(("status", "code"), [(400, "Throttling"), (503, "ServiceUnavailable")])
def test_throttling_and_server_errors_are_outages(status, code):
    answers = [(status, _error(code))]

    with _sns_that_answers(answers) as publisher, pytest.raises(BrokerUnavailable, match=code):
        publisher.publish([_message("product/1"), _message("product/2")])


def _sns_client(url):
    return boto3.client(
        "sns",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=30, read_timeout=30),
    )


@contextmanager
def _sns_that_answers(answers):
    """Stand in for SNS where no emulator can be made to fail like this: answers in turn."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = left.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    arns = {"product": "arn:aws:sns:eu-west-1:000000000000:product.fifo"}
    try:
        yield SnsPublisher(
            client=_sns_client(f"http://127.0.0.1:{server.server_port}"), topic_arns=arns
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert not left


def _batch_answer(*, failed, successful) -> str:
    members = "".join(
        f"<member><Id>{event_id}</Id><Code>{code}</Code><Message>no</Message>"
        f"<SenderFault>{own}</SenderFault></member>"
        for event_id, code, own in failed
    )
    taken = "".join(
        f"<member><Id>{event_id}</Id><MessageId>m</MessageId></member>" for event_id in successful
    )
    return (
        f"<PublishBatchResponse><PublishBatchResult><Failed>{members}</Failed>"
        f"<Successful>{taken}</Successful></PublishBatchResult></PublishBatchResponse>"
    )


def _error(code) -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{json.dumps(code)}</Message></Error></ErrorResponse>"
    )
