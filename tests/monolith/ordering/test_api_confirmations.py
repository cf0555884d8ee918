"""What the service that confirms orders is told, and who else is not."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from event_contracts.order_confirmation import OrderToConfirm
from event_contracts.ordering import OrderAnnounced
from event_contracts.plain_values import from_plain
from monolith.ordering import operations
from tests.factories import NOON, a_customer, a_product, an_order, later, recorded
from tests.monolith.problems import problem_of

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-a-service"


@pytest.fixture(autouse=True)
def _tokens(settings):
    settings.SERVICE_TOKENS = ["the-next-one", TOKEN]


def ask(api, order_number, token=TOKEN, scheme="Bearer"):
    return api.get(
        f"/api/v1/orders/{order_number}/confirmation/", HTTP_AUTHORIZATION=f"{scheme} {token}"
    )


def test_service_is_told_what_the_letter_needs(api):
    heart = a_product("HEART", price_pence=255, description="WHITE HANGING HEART")
    alice = a_customer("Alice", email="alice@example.com")
    order = an_order((heart.stock_code, 3), customer=alice)

    answer = ask(api, order.number)

    told = from_plain(OrderToConfirm, answer.json())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (told.order_number, told.placed_at, told.status) == (order.number, NOON, "placed")
    assert (told.contact.name, told.contact.email) == ("Alice", "alice@example.com")
    (line,) = told.lines
    assert (line.stock_code, line.description, line.quantity) == ("HEART", heart.description, 3)
    assert told.total_pence == 765


def test_guest_is_written_to_at_the_address_they_left(api):
    order = an_order()

    contact = ask(api, order.number).json()["contact"]

    assert contact == {"name": "Alice", "email": "guest@example.com"}


def test_things_are_told_as_they_stand_now(api):
    order = an_order()
    operations.cancel_order(
        order_number=order.number, cancelled_at=later(hours=1), reason="changed my mind"
    )

    assert ask(api, order.number).json()["status"] == "cancelled"


def test_order_that_is_not_there_is_a_problem_of_that_name(api):
    assert problem_of(ask(api, "B404")) == (404, "order-not-found")


@pytest.mark.parametrize(
    ("scheme", "token"),
    [("Bearer", "wrong"), ("Bearer", ""), ("Token", TOKEN), ("Bearer", "caf\u00e9")],
)
def test_whoever_has_no_token_of_a_service_is_told_nothing(api, scheme, token):
    order = an_order()

    refusal = ask(api, order.number, token, scheme)

    assert refusal.status_code == 401
    assert refusal.headers["WWW-Authenticate"] == "Bearer"
    assert "guest@example.com" not in refusal.content.decode()


def test_without_tokens_nobody_is_told_anything(api, settings):
    settings.SERVICE_TOKENS = []

    assert ask(api, an_order().number, "").status_code == 401


def test_neither_customers_nor_staff_have_rights_here(api_for):
    alice = a_customer()
    chief = get_user_model().objects.create_superuser("chief", password="lanterns-and-jars")
    order = an_order(customer=alice)

    for user in (alice.user, chief):
        answer = api_for(user).get(f"/api/v1/orders/{order.number}/confirmation/")
        assert answer.status_code == 401


def test_placed_order_is_announced_in_a_stream_of_its_own_where_that_is_wanted(settings, api):
    settings.ORDERING_ANNOUNCEMENTS = True
    alice = a_customer()

    order = an_order(customer=alice)

    (announced,) = [e for e in recorded() if e.event_type == "ordering.order_announced.v1"]
    assert (announced.stream, announced.version) == (f"announcement/{order.number}", 1)
    assert announced.data == OrderAnnounced(
        order_number=order.number, link=f"/api/v1/orders/{order.number}/confirmation/"
    )
    assert api.get(announced.data.link, HTTP_AUTHORIZATION=f"Bearer {TOKEN}").status_code == 200
    (placed,) = [e for e in recorded() if e.event_type == "ordering.order_placed.v1"]
    assert (placed.stream, placed.version) == (f"customer/{alice.pk}", 2)


def test_nothing_is_announced_where_nobody_wants_it():
    an_order()

    assert [e for e in recorded() if e.stream.startswith("announcement/")] == []
