"""One order, shown from wherever its read stands: whoever answers, the page is the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from event_contracts.order_detail import OrderDetailAnswer
from event_contracts.plain_values import to_plain
from monolith.ordering import operations, queries
from monolith.ordering.migration_paths.order_detail import ORDER_DETAIL
from monolith.strangler.deciding.decision import Held
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.state import controls
from monolith.strangler.state.controls import ControlCache, Controls
from tests.factories import a_customer, a_dispatched_order, a_key, a_product, an_order, later
from tests.monolith.ordering.pages import page_of
from tests.monolith.strangler.service import running_service

# A read within a transaction is always the monolith's.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(client):
    customer = a_customer("Alice")
    client.force_login(customer.user)
    return customer


@pytest.fixture
def order(alice):
    a_product("HEART", price_pence=255, description="WHITE HEART")
    placed = a_dispatched_order(("HEART", 4), ("HEART", 3), customer=alice)
    operations.return_items(
        order_number=placed.number,
        lines=[operations.ReturnRequest(stock_code="HEART", quantity=5)],
        returned_at=later(days=1),
        idempotency_key=a_key(),
    )
    return placed


@pytest.fixture
def service(settings):
    with running_service() as running:
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
        settings.STRANGLER_SERVICE_URLS = {ORDER_DETAIL: running.url}
        yield running


@pytest.fixture
def at_service(monkeypatch):
    """Put the path where the service answers, when called."""

    def move():
        held = {ORDER_DETAIL: Held(stage=Stage.SERVICE)}
        monkeypatch.setattr(controls, "cache", ControlCache(lambda: Controls(held=held)))

    return move


def answer_about(order):
    """Return what the monolith knows of an order, for the service to say."""
    return queries.get_order_detail(queries.get_delivery(order.number).question)


def api_address(order):
    return f"/api/v1/orders/{order.number}/"


def say(service, answer):
    service.respond = service.answer_json(to_plain(answer))


def said_by(response):
    return response["X-Read-Path"].partition(";")[0]


def test_page_is_the_same_whoever_answers(client, order, service, at_service):
    say(service, answer_about(order))
    monoliths = client.get(page_of(order))
    at_service()

    services = client.get(page_of(order))

    assert said_by(monoliths) == "order_detail=monolith"
    assert said_by(services) == "order_detail=service"
    assert services.context["order"] == monoliths.context["order"]


def test_api_says_the_same_whoever_answers(api_for, alice, order, service, at_service):
    say(service, answer_about(order))
    client = api_for(alice.user)
    monoliths = client.get(api_address(order))
    at_service()

    services = client.get(api_address(order))

    assert said_by(monoliths) == "order_detail=monolith"
    assert said_by(services) == "order_detail=service"
    assert services.json() == monoliths.json()
    assert services.json()["lines"][1]["returned_quantity"] == 1
    assert services.json()["address"] == ["1 Quay Street", "Bristol", "BS1 1AA"]


def test_order_of_another_customer_is_not_even_asked_about(
    client, api_for, alice, service, at_service
):
    other = an_order(customer=a_customer("Bob"))
    say(service, answer_about(other))
    at_service()

    assert client.get(page_of(other)).status_code == 404
    assert api_for(alice.user).get(api_address(other)).status_code == 404
    assert service.asked == []


def test_answer_about_another_customer_is_shown_to_nobody(client, order, service, at_service):
    leaked = replace(answer_about(order), customer_id=order.customer_id + 1)
    say(service, leaked)
    at_service()

    page = client.get(page_of(order))

    assert page["X-Read-Path"].startswith("order_detail=monolith; reason=fallback:leak")
    assert page.context["order"].customer_id == order.customer_id


def test_answer_about_another_guest_s_order_is_shown_to_nobody(client, service, at_service):
    mine, another = an_order(), an_order()
    session = client.session
    session["guest_orders"] = [mine.number]
    session.save()
    say(service, answer_about(another))
    at_service()

    page = client.get(page_of(mine))

    assert page["X-Read-Path"].startswith("order_detail=monolith; reason=fallback:leak")
    assert page.context["order"].order_number == mine.number


def test_order_that_the_service_does_not_know_is_not_found(client, order, service, at_service):
    known = answer_about(order)
    say(service, OrderDetailAnswer(customer_id=known.customer_id, as_of=known.as_of, order=None))
    at_service()

    assert client.get(page_of(order)).status_code == 404


def test_order_just_placed_is_shown_though_the_service_is_behind(
    client, alice, order, service, at_service
):
    say(service, replace(answer_about(order), order=None))
    newer = an_order(customer=alice)
    at_service()

    page = client.get(reverse("ordering:placed", args=[newer.number]))

    assert page["X-Read-Path"].startswith("order_detail=monolith; reason=read-your-writes")
    assert newer.number in page.content.decode()


@pytest.mark.parametrize("action", ["cancel", "return"])
def test_commands_act_on_the_tables_whoever_answers_reads(
    client, order, service, at_service, action
):
    at_service()

    client.post(reverse(f"ordering:{action}", args=[order.number]), {"line-1": "99"})

    assert service.asked == []
