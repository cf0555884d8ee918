from __future__ import annotations

from dataclasses import asdict, fields

import pytest

from event_contracts.order_history import OrderSummary
from event_contracts.plain_values import to_plain
from monolith.strangler.deciding.decision import Held
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.state import controls
from monolith.strangler.state.controls import ControlCache, Controls
from tests.factories import a_customer, a_product, an_order, delivery, later
from tests.monolith.ordering.test_compared_histories import a_row
from tests.monolith.problems import invalid_fields
from tests.monolith.strangler.service import running_service

pytestmark = pytest.mark.django_db

ORDERS = "/api/v1/orders/"


@pytest.fixture
def alice():
    return a_customer("Alice")


@pytest.fixture
def alices_api(api_for, alice):
    return api_for(alice.user)


def test_customer_pages_through_their_own_orders_only(alices_api, alice):
    a_product("MUG")
    placed = [an_order(("MUG", 1), customer=alice, placed_at=later(hours=n)) for n in range(3)]
    an_order(("MUG", 1), customer=a_customer("Bob"))

    first = alices_api.get(ORDERS, {"limit": 2}).json()
    second = alices_api.get(ORDERS, {"limit": 2, "before": first["next"]}).json()

    numbers = [row["order_number"] for row in first["orders"] + second["orders"]]
    assert numbers == [order.number for order in reversed(placed)]
    assert second["next"] is None


@pytest.fixture
def behind(settings, monkeypatch):
    """The service answers order histories, and has not heard of any order yet."""
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    held = {"order_history": Held(stage=Stage.SERVICE)}
    monkeypatch.setattr(controls, "cache", ControlCache(lambda: Controls(held=held)))
    with running_service() as service:
        settings.STRANGLER_SERVICE_URLS = {"order_history": service.url}
        yield service


@pytest.mark.django_db(transaction=True)
def test_caller_with_a_token_sees_their_write_though_the_service_is_behind(api_for, behind):
    alice = a_customer("Alice")
    a_product("MUG")
    stale = {"customer_id": alice.pk, "as_of": 1, "orders": [], "next": None}
    behind.respond = behind.answer_json(stale)
    client = api_for(alice.user)
    order = {"lines": [{"stock_code": "MUG", "quantity": 1}], "delivery": asdict(delivery())}

    before = client.get(ORDERS)
    client.post(ORDERS, order, format="json", headers={"Idempotency-Key": "k"})
    after = client.get(ORDERS)

    assert before.headers["X-Read-Path"].startswith("order_history=service")
    assert after.headers["X-Read-Path"].startswith("order_history=monolith")
    assert len(after.json()["orders"]) == 1


@pytest.mark.parametrize(
    ("owner", "reason"),
    [({"customer_id": 8}, "fallback:leak"), ({}, "fallback:malformed")],
    ids=["somebody else's", "an older service does not say"],
)
@pytest.mark.django_db(transaction=True)
def test_row_that_is_not_known_to_be_ones_own_is_not_shown(api_for, behind, owner, reason):
    alice = a_customer("Alice")
    row = to_plain(a_row(1, customer_id=alice.pk).without_owner()) | owner
    page = {"customer_id": alice.pk, "as_of": 1, "orders": [row], "next": None}
    behind.respond = behind.answer_json(page)

    answer = api_for(alice.user).get(ORDERS)

    assert answer.headers["X-Read-Path"] == f"order_history=monolith; reason={reason}"
    assert answer.json()["orders"] == []


def test_rows_do_not_tell_clients_what_they_know(alices_api, alice):
    an_order(customer=alice)

    (row,) = alices_api.get(ORDERS).json()["orders"]

    assert set(row) == {field.name for field in fields(OrderSummary)}


def test_history_says_who_answered(alices_api):
    assert alices_api.get(ORDERS).headers["X-Read-Path"].startswith("order_history=monolith")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"placed_from": "yesterday"}, "placed_from"),
        ({"before": "B1"}, "before"),
        ({"before": "0001-01-01T00:00:00+14:00~B1"}, "before"),
        ({"limit": 101}, "limit"),
    ],
)
def test_senseless_history_question_is_refused_by_field(alices_api, asked, field):
    assert invalid_fields(alices_api.get(ORDERS, asked)) == {field}


def test_history_takes_times_at_the_ends_of_the_calendar(alices_api, alice):
    an_order(customer=alice)

    page = alices_api.get(
        ORDERS, {"placed_from": "0002-01-01T00:00:00Z", "placed_until": "9999-12-30T00:00:00Z"}
    )

    assert len(page.json()["orders"]) == 1
