from __future__ import annotations

import json
from dataclasses import replace

import pytest

from event_contracts.ordering import CustomerOrdersSnapshotTaken
from event_contracts.plain_values import to_plain
from event_contracts.snapshots import GOLDEN
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NOBODY, customer_stream
from extracted_services.lambda_support.responding import Request
from extracted_services.order_history import handlers
from extracted_services.order_history.handlers import answer, consumer, on_events, on_request
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.messages import batch, get_orders, given_back, message
from tests.extracted_services.order_history.histories import (
    ANNA,
    START,
    dispatched,
    envelope,
    order,
    placed,
    registered,
)


def _get(store, customer_id=str(ANNA), **parameters):
    return _ask(store, "GET /customers/{id}/orders", {"id": customer_id}, **parameters)


def _ask(store, route, path=None, **parameters):
    request = Request(route=route, path=path or {}, parameters=parameters)
    response = answer(request, kept_in=store)
    return response["statusCode"], json.loads(response["body"])


def test_consumed_events_are_answered_from(in_memory_store):
    consumer(in_memory_store).consume(
        batch(envelope(1, registered()), envelope(2, placed(1)), envelope(3, dispatched(1)))
    )

    status, page = _get(in_memory_store)

    assert status == 200
    assert page == {
        "customer_id": ANNA,
        "as_of": 3,
        "orders": [to_plain(order(1, "dispatched"))],
        "next": None,
    }


def test_next_page_is_asked_for_with_the_cursor_given(in_memory_store):
    consumer(in_memory_store).consume(
        batch(envelope(1, registered()), envelope(2, placed(1)), envelope(3, placed(2)))
    )
    _, first = _get(in_memory_store, limit="1")

    _, second = _get(in_memory_store, limit="1", before=first["next"])

    assert [page["orders"][0]["order_number"] for page in (first, second)] == ["B000002", "B000001"]
    assert second["next"] is None


def test_snapshot_of_another_read_model_begins_no_history(in_memory_store):
    other = envelope(1, CustomerOrdersSnapshotTaken(customer_id=ANNA, orders=()))
    unheard_of = replace(other, event_type="ordering.shelves_snapshot_taken.v1")

    answered = consumer(in_memory_store).consume(batch(other, unheard_of))

    assert given_back(answered) == []
    assert in_memory_store.table.heads == {}


def test_gap_goes_back_and_is_applied_after_the_missing_event(in_memory_store):
    first, second, third = envelope(1, registered()), envelope(2, placed(1)), envelope(3, placed(2))
    consume = consumer(in_memory_store).consume

    assert given_back(consume(batch(first, third))) == [f"customer/{ANNA}@3"]
    assert given_back(consume(batch(second, third))) == []

    assert _get(in_memory_store)[1]["as_of"] == 3


def test_event_of_no_customer_is_consumed_without_a_trace(in_memory_store):
    guest = envelope(1, placed(1), stream="guest-order/B000001")

    answered = consumer(in_memory_store).consume(batch(guest))

    assert given_back(answered) == []
    assert in_memory_store.table.heads == {}


def test_new_fact_of_another_app_does_not_stop_the_stream(in_memory_store):
    body = {
        "id": "00000000-0000-0000-0000-000000000001",
        "type": "customers.customer_erased.v1",
        "subject": f"customer/{ANNA}",
        "time": "2011-08-01T09:00:00+00:00",
        "sequence": "2",
    }
    unheard_of = message("m2", json.dumps(body), group=f"customer/{ANNA}")
    records = batch(envelope(1, registered()), envelope(3, placed(1)))["Records"]

    answered = consumer(in_memory_store).consume({"Records": [records[0], unheard_of, records[1]]})

    assert given_back(answered) == []
    assert _get(in_memory_store)[1]["as_of"] == 3


@pytest.mark.parametrize("event_type", ENVELOPES)
def test_every_golden_event_is_consumed(in_memory_store, event_type):
    golden = GOLDEN / f"{event_type}.json"
    body = golden.read_text()

    answered = consumer(in_memory_store).consume({"Records": [message("m1", body, group="g")]})

    assert given_back(answered) == []


def test_unknown_customer_is_a_problem_that_says_so(in_memory_store):
    status, body = _get(in_memory_store)

    assert status == 404
    assert body["type"].endswith("/history-not-complete")


def test_bad_parameter_is_a_problem_that_names_it(in_memory_store):
    status, body = _get(in_memory_store, limit="many")

    assert (status, body["parameter"]) == (400, "limit")
    assert body["type"].endswith("/bad-parameter")
    assert body["detail"] == "limit: expected a whole number from 1 to 100"


@pytest.mark.platform
def test_deployed_entry_points_share_a_table(deploy):
    deploy(handlers.SERVICE)

    given = on_events(batch(envelope(1, registered()), envelope(2, placed(1))), None)

    response = on_request(get_orders(str(ANNA), status="placed"), None)

    assert given_back(given) == []
    assert response["statusCode"] == 200
    assert json.loads(response["body"])["orders"] == [to_plain(order(1))]
    assert len(response["headers"]["x-build"]) == 20


def test_heartbeat_moves_only_the_version_of_nobodys_stream_on(in_memory_store):
    stream = customer_stream(NOBODY)
    beats = [
        envelope(n, HeartbeatSent(path="order_history", sent_at=START), stream=stream)
        for n in (1, 2)
    ]

    answered = consumer(in_memory_store).consume(batch(*beats))

    status, page = _get(in_memory_store, str(NOBODY))
    assert given_back(answered) == []
    assert (status, page["as_of"], page["orders"]) == (200, 2, [])
