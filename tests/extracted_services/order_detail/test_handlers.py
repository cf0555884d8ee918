from __future__ import annotations

import json
import time

import pytest

from event_contracts.checksums import KeyDigest, checksum_of, digest_of
from event_contracts.order_detail import OrderDetailAnswer
from event_contracts.plain_values import to_plain
from event_contracts.snapshots import GOLDEN
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NOBODY, customer_stream
from extracted_services.lambda_support.responding import Request, respond
from extracted_services.order_detail import handlers
from extracted_services.order_detail.handlers import answer, consumer, on_events, on_request
from extracted_services.read_models.projecting import Changes, Head
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import batch, given_back, message
from tests.extracted_services.order_detail.orders import (
    ANNA,
    START,
    STREAM,
    dispatched,
    dispatched_order,
    envelope,
    guest_stream,
    named,
    note,
    order,
    placed,
    registered,
    returned,
    snapshot,
)

OF_ANNA = {"customer_id": str(ANNA)}


def _ask(store, route="GET /orders", caller=None, **parameters):
    request = Request(route=route, path={}, parameters=parameters, caller=caller)
    response = answer(request, kept_in=store)
    return response["statusCode"], json.loads(response["body"])


def _said(order, as_of, customer_id=ANNA):
    return to_plain(OrderDetailAnswer(customer_id=customer_id, as_of=as_of, order=order))


@pytest.fixture
def filled(in_memory_store):
    """Anna's first order, dispatched and partly returned, and a second one; a guest's order."""
    told = [registered(), placed(1), dispatched(1), returned(1, note()), placed(2)]
    events = [envelope(version, event) for version, event in enumerate(told, start=1)]
    guests = envelope(1, placed(3, customer_id=None), stream=guest_stream(3))
    assert given_back(consumer(in_memory_store).consume(batch(*events, guests))) == []
    return in_memory_store


def test_order_is_answered_with_all_that_became_of_it(filled):
    whole = dispatched_order(1, returns=(note(),))

    assert _ask(filled, order_number=named(1), **OF_ANNA) == (200, _said(whole, 5))


def test_guest_s_order_is_answered_without_a_customer(filled):
    assert _ask(filled, order_number=named(3)) == (200, _said(order(3), 1, None))


def test_order_that_a_known_stream_has_not_is_an_answer(filled):
    assert _ask(filled, order_number="B0", **OF_ANNA) == (200, _said(None, 5))
    # Somebody else's is not there either.
    assert _ask(filled, order_number=named(3), **OF_ANNA) == (200, _said(None, 5))


def test_orders_are_walked_by_number(filled):
    answers = [
        _ask(filled, **asked, **OF_ANNA)[1]
        for asked in ({}, {"after": named(1)}, {"after": named(2)})
    ]

    assert [said["order"] and said["order"]["order_number"] for said in answers] == [
        named(1),
        named(2),
        None,
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {"order_number": named(1), "customer_id": "1"},
        {"order_number": named(1)},
        {"customer_id": "1"},
    ],
)
def test_unknown_stream_is_a_problem_that_says_so(filled, parameters):
    status, body = _ask(filled, **parameters)

    assert status == 404
    assert body["type"].endswith("/orders-not-complete")


@pytest.mark.parametrize("head", [{"awaiting_snapshot": True}, {"replacing": "an-event-id"}])
def test_incomplete_stream_is_not_answered_for(in_memory_store, head):
    head = Head(as_of=3, **head)
    in_memory_store.write(Changes(key=STREAM, expected=None, head=head))

    assert _ask(in_memory_store, order_number=named(1), **OF_ANNA)[0] == 404


def test_stream_that_would_not_hold_still_is_not_answered_for(filled):
    filled.table.heads[STREAM] = Head(as_of=3)

    status, body = _ask(filled, order_number=named(1), **OF_ANNA)

    assert (status, body["detail"]) == (404, f"{STREAM}: changing fast")


@pytest.mark.parametrize(
    ("parameters", "named_parameter"),
    [
        ({}, "order_number"),
        ({"order_number": ""}, "order_number"),
        ({"order_number": "B1", "customer_id": "x"}, "customer_id"),
        ({"order_number": "B1", "limit": "5"}, "limit"),
        ({"after": "B1"}, "order_number"),
        ({"after": "B1", "order_number": "B1", "customer_id": "1"}, "after"),
    ],
)
def test_unreadable_question_is_refused_by_name(filled, parameters, named_parameter):
    status, body = _ask(filled, **parameters)

    assert (status, body["parameter"]) == (400, named_parameter)


def test_snapshot_of_everything_makes_an_unknown_stream_whole(in_memory_store):
    whole = dispatched_order(1, returns=(note(),))

    consumer(in_memory_store).consume(batch(envelope(9, snapshot(whole))))

    assert _ask(in_memory_store, order_number=named(1), **OF_ANNA) == (200, _said(whole, 9))


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_every_golden_event_is_consumed(in_memory_store, path):
    answered = consumer(in_memory_store).consume(
        {"Records": [message("m1", path.read_text(), group="g")]}
    )

    assert given_back(answered) == []


def test_checksum_is_that_of_whoever_walks_over_everything(filled):
    first, second = dispatched_order(1, returns=(note(),)), order(2)
    pages = [
        OrderDetailAnswer(customer_id=ANNA, as_of=5, order=each) for each in (first, second, None)
    ]
    guests = [OrderDetailAnswer(customer_id=None, as_of=1, order=order(3))]

    _, body = _ask(filled, "GET /streams/checksums", ids=f"{STREAM},{guest_stream(3)},customer/1")

    assert body == to_plain(
        checksum_of(
            [
                KeyDigest(key=STREAM, version=5, digest=digest_of(STREAM, pages)),
                KeyDigest(
                    key=guest_stream(3), version=1, digest=digest_of(guest_stream(3), guests)
                ),
                KeyDigest(key="customer/1"),
            ]
        )
    )


def test_guest_order_that_is_lost_is_summed_up_as_its_absence(filled):
    filled.table.copies[guest_stream(3)].clear()
    pages = [OrderDetailAnswer(customer_id=None, as_of=1, order=None)]

    _, body = _ask(filled, "GET /streams/checksums", ids=guest_stream(3))

    digest = digest_of(guest_stream(3), pages)
    assert (
        body["hash"] == checksum_of([KeyDigest(key=guest_stream(3), version=1, digest=digest)]).hash
    )


def test_stream_that_is_just_changing_has_no_version(filled):
    filled.table.heads[STREAM] = Head(as_of=3)

    _, body = _ask(filled, "GET /streams/checksums", ids=STREAM)

    assert body["versions"] == [{"key": STREAM, "version": None}]


@pytest.mark.parametrize("ids", ["", "product/JAR", "customer/x", "17850", "customer/1,nobody/1"])
def test_checksum_of_what_has_no_orders_is_refused(filled, ids):
    status, body = _ask(filled, "GET /streams/checksums", ids=ids)

    assert (status, body["parameter"]) == (400, "ids")


def test_streams_are_listed(filled):
    assert _ask(filled, "GET /streams") == (
        200,
        {"keys": [STREAM, guest_stream(3)], "next": None},
    )


def test_heartbeat_moves_only_the_version_of_nobodys_stream_on(in_memory_store):
    beats = [
        envelope(
            version,
            HeartbeatSent(path="order_detail", sent_at=START),
            stream=customer_stream(NOBODY),
        )
        for version in (1, 2)
    ]

    consumer(in_memory_store).consume(batch(*beats))

    assert _ask(in_memory_store, customer_id=str(NOBODY)) == (
        200,
        _said(None, 2, NOBODY),
    )


def _at_the_edge(store, caller, **parameters):
    event = {
        "routeKey": "GET /edge/order_detail",
        "requestContext": {"authorizer": {"lambda": caller}},
        "queryStringParameters": parameters,
    }
    response = respond(
        event, None, lambda request: answer(request, kept_in=store), LogLines().logger
    )
    return response["statusCode"], json.loads(response["body"])


def _caller(customer_id=ANNA, *, seconds_left=60):
    return {"customer_id": str(customer_id), "expires_at": int(time.time()) + seconds_left}


def test_at_the_edge_a_customer_reads_their_own_order(filled):
    status, said = _at_the_edge(filled, _caller(), order_number=named(2))

    assert (status, said) == (200, _said(order(2), 5))


def test_at_the_edge_nobody_reads_a_guest_s_order(filled):
    status, said = _at_the_edge(filled, _caller(), order_number=named(3))

    assert (status, said["order"]) == (200, None)


def test_at_the_edge_an_address_that_names_a_customer_is_refused(filled):
    status, problem = _at_the_edge(
        filled, _caller(ANNA + 1), order_number=named(2), customer_id=str(ANNA)
    )

    assert (status, problem["parameter"]) == (400, "customer_id")


@pytest.mark.parametrize(
    ("caller", "refusal"), [(_caller(seconds_left=-1), 401), ({}, 401), (None, 500)]
)
def test_at_the_edge_nobody_is_answered_without_a_token_that_holds(filled, caller, refusal):
    assert _at_the_edge(filled, caller, order_number=named(2))[0] == refusal


@pytest.mark.platform
def test_deployed_entry_points_share_a_table(deploy):
    deploy(handlers.SERVICE)

    given = on_events(batch(envelope(1, registered()), envelope(2, placed(1))), None)

    response = on_request(
        {
            "routeKey": "GET /orders",
            "queryStringParameters": {"order_number": named(1), **OF_ANNA},
        },
        None,
    )

    assert given_back(given) == []
    assert json.loads(response["body"]) == _said(order(1), 2)
    assert len(response["headers"]["x-build"]) == 20
