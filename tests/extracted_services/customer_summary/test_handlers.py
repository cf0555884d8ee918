from __future__ import annotations

import json
import time

import pytest

from event_contracts.snapshots import GOLDEN
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NOBODY, customer_stream
from extracted_services.customer_summary import handlers
from extracted_services.customer_summary.handlers import answer, consumer, on_events, on_request
from extracted_services.lambda_support.responding import Request
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.customer_summary.customers import CUSTOMER, placed, returned
from tests.extracted_services.messages import batch, given_back, message
from tests.extracted_services.order_history.histories import (
    ANNA,
    START,
    dispatched,
    envelope,
    registered,
)

SUMMARY, OWN = "GET /customers/{id}/summary", "GET /edge/customer_summary"


def ask(store, route, path=None, caller=None, **parameters):
    request = Request(route=route, path=path or {}, parameters=parameters, caller=caller)
    response = answer(request, kept_in=store)
    return response["statusCode"], json.loads(response["body"])


def ask_for(store, customer_id=CUSTOMER, on="2011-08-02"):
    return ask(store, SUMMARY, {"id": customer_id}, on=on)


def caller(customer_id=ANNA, *, seconds_left=60):
    return {"customer_id": str(customer_id), "expires_at": int(time.time()) + seconds_left}


@pytest.fixture
def told(in_memory_store):
    """A store that knows an order of Anna's, and of a return."""
    events = (registered(), placed(1, HEART=2), dispatched(1), returned(1, HEART=1))
    numbered = [envelope(version, event) for version, event in enumerate(events, start=1)]
    assert given_back(consumer(in_memory_store).consume(batch(*numbered))) == []
    return in_memory_store


def test_consumed_events_are_answered_from(told):
    status, body = ask_for(told)

    assert status == 200
    assert (body["as_of"], body["lifetime_pence"], body["segment"]) == (4, 100, "new")
    assert body["favourites"] == [
        {"stock_code": "HEART", "description": "PRODUCT HEART", "pieces": 1}
    ]


def test_gap_goes_back_and_is_applied_after_the_missing_event(in_memory_store):
    first, second, third = (
        envelope(1, registered()),
        envelope(2, placed(1, HEART=1)),
        envelope(3, placed(2, HEART=1)),
    )
    consume = consumer(in_memory_store).consume

    assert given_back(consume(batch(first, third))) == [f"customer/{ANNA}@3"]
    assert given_back(consume(batch(second, third))) == []

    assert ask_for(in_memory_store)[1]["order_count"] == 2


def test_event_of_no_customer_is_consumed_without_a_trace(in_memory_store):
    guest = envelope(1, placed(1, HEART=1), stream="guest-order/B000001")

    assert given_back(consumer(in_memory_store).consume(batch(guest))) == []
    assert in_memory_store.table.heads == {}


@pytest.mark.parametrize("event_type", ENVELOPES)
def test_every_golden_event_is_consumed(in_memory_store, event_type):
    golden = GOLDEN / f"{event_type}.json"

    answered = consumer(in_memory_store).consume(
        {"Records": [message("m1", golden.read_text(), group="g")]}
    )

    assert given_back(answered) == []


def test_unknown_customer_is_a_problem_that_says_so(in_memory_store):
    status, body = ask_for(in_memory_store)

    assert (status, body["type"]) == (404, "/problems/summary-not-complete")


def test_day_that_is_none_is_a_problem_that_names_it(in_memory_store):
    status, body = ask_for(in_memory_store, on="tomorrow")

    assert (status, body["parameter"]) == (400, "on")


def test_checksum_and_list_are_answered(told):
    checksum = ask(told, "GET /customers/checksums", ids=f"{CUSTOMER},1", on="2011-08-02")
    listed = ask(told, "GET /customers")

    assert (checksum[0], checksum[1]["count"]) == (200, 1)
    assert listed == (200, {"keys": [CUSTOMER], "next": None})


def test_at_the_edge_a_customer_reads_their_own_summary(told):
    status, body = ask(told, OWN, caller=caller(), on="2011-08-02")

    assert (status, body["customer_id"]) == (200, ANNA)


def test_at_the_edge_the_token_decides_whatever_the_address_says(told):
    path = {"id": CUSTOMER}

    assert ask(told, OWN, path, caller(ANNA + 1), on="2011-08-02")[0] == 404
    assert ask(told, OWN, path, caller(seconds_left=-1), on="2011-08-02")[0] == 401
    assert ask(told, OWN, caller=caller(ANNA + 1), on="2011-08-02", id=CUSTOMER)[0] == 400


def test_heartbeat_moves_only_the_version_of_nobodys_stream_on(in_memory_store):
    beats = [
        envelope(
            number,
            HeartbeatSent(path="customer_summary", sent_at=START),
            stream=customer_stream(NOBODY),
        )
        for number in (1, 2)
    ]

    consumer(in_memory_store).consume(batch(*beats))

    status, body = ask_for(in_memory_store, str(NOBODY))
    assert (status, body["as_of"], body["order_count"]) == (200, 2, 0)


@pytest.mark.platform
def test_deployed_entry_points_share_a_table(deploy):
    deploy(handlers.SERVICE)

    given = on_events(batch(envelope(1, registered()), envelope(2, placed(1, HEART=1))), None)

    response = on_request(
        {
            "routeKey": SUMMARY,
            "pathParameters": {"id": CUSTOMER},
            "queryStringParameters": {"on": "2011-08-02"},
        },
        None,
    )

    assert given_back(given) == []
    assert response["statusCode"] == 200
    assert json.loads(response["body"])["order_count"] == 1
    assert len(response["headers"]["x-build"]) == 20
