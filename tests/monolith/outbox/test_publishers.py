"""One contract for the real publisher and for the one in memory, and what only SNS can do."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from event_contracts.codec import decode
from monolith.outbox.publishers import (
    MAX_BATCH_BYTES,
    BrokerUnavailable,
    Failure,
    SnsPublisher,
)
from tests.monolith.outbox.subscribed_brokers import (
    OVERSIZE,
    SnsBroker,
    aws_client,
    event_message,
)


def test_whole_batch_arrives_as_it_was_encoded(broker):
    batch = [event_message("product/1"), event_message("product/2")]

    assert broker.publisher.publish(batch) == []

    assert sorted(broker.received()) == sorted(message.payload for message in batch)


def test_event_larger_than_a_batch_may_be_is_referred_to(broker):
    large = event_message(size=OVERSIZE)

    assert broker.publisher.publish([large]) == []

    (reference,) = broker.received()
    attributes, whole = json.loads(reference), json.loads(large.payload)
    assert len(reference) < 1000
    assert attributes.pop("dataref").endswith(f"/events/product/{large.event_id}.json")
    assert attributes == {name: value for name, value in whole.items() if name != "data"}


def test_event_that_is_referred_to_is_the_same_when_its_data_is_fetched(broker):
    large = event_message(size=OVERSIZE)
    broker.publisher.publish([large])
    (reference,) = broker.received()

    fetched = decode(reference, fetch=broker.fetch)

    assert fetched == decode(large.payload)


def test_event_as_large_as_a_batch_may_be_goes_out_as_it_is(broker):
    room = MAX_BATCH_BYTES - event_message(size=1).size + 1
    largest = event_message(size=room)
    assert largest.size == MAX_BATCH_BYTES

    broker.publisher.publish([largest])

    assert broker.received() == [largest.payload]


def test_large_event_that_is_published_again_is_kept_once(broker):
    large = event_message(size=OVERSIZE)

    assert broker.publisher.publish([large]) == []
    assert broker.publisher.publish([large]) == []

    assert [uri.rpartition("/")[2] for uri in broker.kept()] == [f"{large.event_id}.json"]


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        ("x" * OVERSIZE, "not JSON"),
        (json.dumps(["x" * OVERSIZE]), "no CloudEvent"),
        (json.dumps({"data_base64": "x" * OVERSIZE}), "no CloudEvent"),
        (json.dumps({"subject": "x" * OVERSIZE, "data": 1}), "its reference has"),
    ],
    ids=["text", "list", "binary data", "large attributes"],
)
def test_what_no_reference_can_stand_for_fails_alone(broker, payload, complaint):
    fine, large = event_message("product/1"), event_message("product/2", payload=payload)

    (failure,) = broker.publisher.publish([large, fine])

    assert (failure.event_id, failure.is_own_fault) == (large.event_id, True)
    assert complaint in failure.reason
    assert broker.received() == [fine.payload]


def test_large_event_without_a_bucket_fails_alone_and_names_the_setting(broker):
    fine, large = event_message("product/1"), event_message("product/2", size=OVERSIZE)

    (failure,) = broker.without_claims().publish([large, fine])

    assert (failure.event_id, failure.is_own_fault) == (large.event_id, True)
    assert "OUTBOX_CLAIM_BUCKET" in failure.reason


def test_large_event_whose_data_the_store_refuses_fails_alone(broker):
    fine, large = event_message("product/1"), event_message("product/2", size=OVERSIZE)

    (failure,) = broker.refusing_claims().publish([large, fine])

    assert (failure.event_id, failure.is_own_fault) == (large.event_id, True)
    assert broker.received() == [fine.payload]


def test_store_that_cannot_be_reached_stops_only_what_needs_it_and_blames_nobody(broker):
    fine, large = event_message("product/1"), event_message("product/2", size=OVERSIZE)

    with broker.claims_outage() as publisher:
        (failure,) = publisher.publish([large, fine])

    assert (failure.event_id, failure.is_own_fault) == (large.event_id, False)
    assert broker.received() == [fine.payload]


def test_outage_is_told_apart_from_a_failing_message(broker):
    with broker.outage() as publisher, pytest.raises(BrokerUnavailable):
        publisher.publish([event_message()])

    assert broker.received() == []


@pytest.mark.platform
def test_stream_is_the_message_group_and_the_event_id_deduplicates(platform):
    broker = SnsBroker(platform)
    message = event_message("product/85123A")

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
def test_whom_a_snapshot_is_for_can_be_filtered_by(platform):
    broker = SnsBroker(platform)

    broker.publisher.publish([event_message()._replace(addressee="shelf")])

    (received,) = broker.messages()
    assert received["MessageAttributes"]["addressee"]["StringValue"] == "shelf"


@pytest.mark.platform
def test_missing_topic_is_an_outage_of_that_topic_and_blames_nomessage(platform):
    arn = "arn:aws:sns:eu-west-1:000000000000:nobody-made-this.fifo"
    publisher = SnsPublisher(client=platform.client("sns"), topic_arns={"product": arn})

    with pytest.raises(BrokerUnavailable):
        publisher.publish([event_message()])


def test_topic_that_the_settings_do_not_name_is_an_outage_of_that_topic():
    publisher = SnsPublisher(client=aws_client("sns", "http://127.0.0.1:1"), topic_arns={})

    with pytest.raises(BrokerUnavailable, match="OUTBOX_TOPIC_ARNS"):
        publisher.publish([event_message()])


def test_entries_that_sns_refuses_are_reported_with_whose_fault_it_was():
    batch = [event_message("product/1"), event_message("product/2"), event_message("product/3")]
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
    batch = [event_message("product/1"), event_message("product/2")]
    refusal = (400, _error("InvalidParameter"))
    accepted = (200, _batch_answer(failed=[], successful=[batch[0].event_id]))

    with _sns_that_answers([refusal, accepted, refusal]) as publisher:
        failures = publisher.publish(batch)

    assert [failure.event_id for failure in failures] == [batch[1].event_id]


@pytest.mark.parametrize(("status", "code"), [(400, "Throttling"), (503, "ServiceUnavailable")])
def test_throttling_and_server_errors_are_outages(status, code):
    answers = [(status, _error(code))]

    with _sns_that_answers(answers) as publisher, pytest.raises(BrokerUnavailable, match=code):
        publisher.publish([event_message("product/1"), event_message("product/2")])


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

        def logmessage(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    arns = {"product": "arn:aws:sns:eu-west-1:000000000000:product.fifo"}
    try:
        yield SnsPublisher(
            client=aws_client("sns", f"http://127.0.0.1:{server.server_port}"), topic_arns=arns
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
