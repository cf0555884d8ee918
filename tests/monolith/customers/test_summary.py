"""What a customer amounts to, on their account's page and on the staff's page of them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from event_contracts.customer_summary import SEGMENTS
from monolith.customers import views
from monolith.ordering import operations
from monolith.strangler.routing import AnswerUnavailable
from tests.factories import a_customer, a_dispatched_order, a_key, a_product, an_order, later
from tests.monolith.admin_pages import page

pytestmark = pytest.mark.django_db

DETAILS = reverse("customers:details")


@pytest.fixture
def alice(client):
    customer = a_customer("Alice")
    client.force_login(customer.user)
    return customer


@pytest.fixture
def busy(alice):
    """Alice, with three orders: one kept but for a piece, one whole, one cancelled."""
    a_product("JAR", price_pence=400, description="JAM JAR")
    a_product("HEART", price_pence=200, description="WHITE HANGING HEART")
    order = a_dispatched_order(("JAR", 3), customer=alice)
    operations.return_items(
        order_number=order.number,
        lines=[operations.ReturnRequest(stock_code="JAR", quantity=1)],
        returned_at=later(days=1),
        idempotency_key=a_key(),
    )
    cancelled = an_order(("HEART", 9), customer=alice)
    operations.cancel_order(
        order_number=cancelled.number, cancelled_at=later(hours=1), reason="changed my mind"
    )
    return alice, an_order(("HEART", 1), customer=alice, placed_at=later(hours=2))


@pytest.fixture
def nobody_answers(monkeypatch):
    def refuse(path, _query):
        raise AnswerUnavailable(path, "retired")

    monkeypatch.setattr("monolith.strangler.routing.answer", refuse)


def test_account_tells_what_the_customer_amounts_to(client, busy):
    _, last = busy

    response = client.get(DETAILS)

    shown = " ".join(response.content.decode().split())
    assert "<dt>Orders</dt><dd>2 <span" in shown
    assert "and 1 cancelled" in shown
    assert "<dt>Spent</dt><dd>£10.00</dd>" in shown
    assert '£4.00 <span class="soft small">28.6 % of what you ordered' in shown
    assert f'href="{reverse("ordering:order", args=[last.number])}"' in shown
    assert shown.index("JAM JAR") < shown.index("WHITE HANGING HEART")
    assert response["X-Read-Path"].startswith("customer_summary=monolith; reason=")


def test_account_of_a_new_customer_has_no_figures_yet(client, alice):
    shown = client.get(DETAILS).content.decode()

    assert views.GREETINGS["prospect"] in shown
    assert "<dt>Orders</dt>" not in shown


def test_account_can_be_changed_while_nobody_can_tell(client, alice, nobody_answers):
    response = client.get(DETAILS)

    assert response.status_code == 200
    assert "resting for a moment" in response.content.decode()
    assert response.context["form"].initial["name"] == "Alice"


def test_every_segment_has_a_greeting():
    assert set(views.GREETINGS) == set(SEGMENTS)


def test_staff_see_segment_figures_and_favourites(admin_client, busy):
    alice, last = busy

    shown = admin_client.get(page("customers_customer_change", alice.pk)).content.decode()

    for told in ("at-risk", "lapsed", "regular"):
        assert (told in shown) is (told == "lapsed")
    assert "£10.00" in shown
    assert "28.6\N{NO-BREAK SPACE}%" in shown
    assert last.number in shown
    assert "JAM JAR" in shown


def test_staff_see_a_customer_while_nobody_can_tell(admin_client, alice, nobody_answers):
    shown = admin_client.get(page("customers_customer_change", alice.pk))

    assert shown.status_code == 200
    assert "Nobody can tell just now." in shown.content.decode()
