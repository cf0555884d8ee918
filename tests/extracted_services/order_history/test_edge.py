"""At the edge a customer reads their own history, whatever the address says."""

from __future__ import annotations

import json
import time

import pytest

from event_contracts.plain_values import to_plain
from extracted_services.lambda_support.responding import respond
from extracted_services.order_history.handlers import answer, consumer
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import batch
from tests.extracted_services.order_history.histories import (
    ANNA,
    envelope,
    order,
    placed,
    registered,
)


@pytest.fixture
def store(in_memory_store):
    consumer(in_memory_store).consume(batch(envelope(1, registered()), envelope(2, placed(1))))
    return in_memory_store


def ask(store, caller, *, path=None, **parameters):
    event = {
        "version": "2.0",
        "routeKey": "GET /edge/order_history",
        "rawPath": "/edge/order_history",
        "requestContext": {"authorizer": {"lambda": caller}},
        **({"pathParameters": path} if path else {}),
        **({"queryStringParameters": parameters} if parameters else {}),
    }
    response = respond(
        event, None, lambda request: answer(request, kept_in=store), LogLines().logger
    )
    return response["statusCode"], json.loads(response["body"])


def caller(customer_id=ANNA, *, seconds_left=60):
    return {"customer_id": str(customer_id), "expires_at": int(time.time()) + seconds_left}


def test_a_customer_reads_their_own_history(store):
    status, page = ask(store, caller())

    assert status == 200
    assert (page["customer_id"], len(page["orders"])) == (ANNA, 1)


def test_rows_have_no_owner_where_all_are_the_customers(store):
    _, page = ask(store, caller())

    assert page["orders"] == [to_plain(order(1).without_owner())]
    assert "customer_id" not in page["orders"][0]


def test_history_with_a_row_of_somebody_else_is_shown_to_nobody(in_memory_store):
    stray = placed(1, customer_id=ANNA + 1)
    consumer(in_memory_store).consume(batch(envelope(1, registered()), envelope(2, stray)))

    status, problem = ask(in_memory_store, caller())

    assert (status, problem["type"]) == (500, "/problems/internal-error")


def test_filters_and_pages_are_those_of_the_signed_route(store):
    assert ask(store, caller(), status="cancelled")[1]["orders"] == []


@pytest.mark.parametrize("name", ["id", "customer_id"])
def test_an_address_that_names_somebody_else_is_refused(store, name):
    status, problem = ask(store, caller(ANNA + 1), **{name: str(ANNA)})

    assert (status, problem["parameter"]) == (400, name)


def test_whatever_the_path_says_the_token_decides(store):
    status, _ = ask(store, caller(ANNA + 1), path={"id": str(ANNA)})

    assert status == 404  # of the customer in the token nothing is known


@pytest.mark.parametrize(
    "over", [{"refusal": "token-expired"}, {}, caller(seconds_left=-1)], ids=str
)
def test_a_token_that_is_over_reads_nothing(store, over):
    status, problem = ask(store, over)

    assert (status, problem["type"]) == (401, "/problems/token-expired")


def test_a_route_without_authorizer_answers_nobody(store):
    status, _ = ask(store, None)

    assert status == 500
