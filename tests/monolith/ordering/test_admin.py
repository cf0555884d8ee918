from __future__ import annotations

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monolith.ordering.models import CreditNote, Order
from monolith.ordering.operations import cancel_order
from tests.factories import (
    a_customer,
    a_dispatched_order,
    a_product,
    an_order,
    later,
    recorded_types,
    stock_of,
)
from tests.monolith.admin_pages import page, refusals, told

pytestmark = pytest.mark.django_db

LIST = page("ordering_order_changelist")


def chosen(*orders: Order, action: str, **more: str) -> dict[str, object]:
    return {"action": action, ACTION_CHECKBOX_NAME: [order.pk for order in orders], **more}


def statuses(*orders: Order) -> list[str]:
    return [Order.objects.get(pk=order.pk).status for order in orders]


def listed(response) -> list[Order]:
    return list(response.context["cl"].result_list)


def test_list_shows_buyers_and_money(admin_client):
    a_product("MUG", price_pence=255)
    an_order(("MUG", 2), customer=a_customer("Alice"))
    an_order(("MUG", 4))

    shown = admin_client.get(LIST).content.decode()

    assert "Alice (" in shown
    assert "guest@example.com" in shown
    assert "£5.10" in shown
    assert "£10.20" in shown


def test_list_is_searched_by_order_and_by_customer(admin_client):
    alice = a_customer("Alice")
    hers, other = an_order(customer=alice), an_order()

    for words, found in [(hers.number, hers), (str(alice.pk), hers), ("alic", hers)]:
        assert listed(admin_client.get(LIST, {"q": words})) == [found]
    assert listed(admin_client.get(LIST, {"q": "guest@"})) == [other]


def test_list_is_filtered_by_status_country_day_and_customer(admin_client):
    alice = a_customer("Alice")
    placed = an_order(customer=alice, placed_at=later(days=40))
    a_dispatched_order()

    for question in [
        {"status__exact": "placed"},
        {"placed_at__year": 2025, "placed_at__month": 4},
        {"customer__id__exact": alice.pk},
    ]:
        assert listed(admin_client.get(LIST, question)) == [placed]
    assert len(listed(admin_client.get(LIST, {"country__id__exact": placed.country_id}))) == 2


def test_list_asks_no_more_for_more_orders(admin_client):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            admin_client.get(LIST)
        return len(queries)

    an_order(customer=a_customer())
    before = asked()
    for _ in range(10):
        an_order(customer=a_customer())

    assert asked() == before


def test_order_shows_lines_money_and_credit_notes(admin_client):
    a_product("MUG", description="RED MUG", price_pence=255, quantity=9)
    order = a_dispatched_order(("MUG", 3))
    admin_client.post(page("ordering_order_take_back", order.pk), returned(admin_client, order, 2))

    shown = admin_client.get(page("ordering_order_change", order.pk)).content.decode()

    assert "RED MUG" in shown
    assert "£7.65" in shown
    assert "£5.10" in shown
    assert CreditNote.objects.get().number in shown


def returned(admin_client, order: Order, quantity: int) -> dict[str, object]:
    """Fill in the form of what came back, as the page offers it."""
    form = admin_client.get(page("ordering_order_take_back", order.pk)).context["form"]
    return {"idempotency_key": form["idempotency_key"].value(), "line-1": quantity}


def test_staff_dispatches_the_selected_and_hears_of_each(admin_client):
    first, second, gone = an_order(), an_order(), a_dispatched_order()

    response = admin_client.post(LIST, chosen(first, second, gone, action="dispatch_selected"))

    assert statuses(first, second) == ["dispatched", "dispatched"]
    assert told(response) == [
        f"Dispatched: {first.number}, {second.number}.",
        f"Not dispatched: order {gone.number} was dispatched already.",
    ]


def test_cancelling_the_selected_asks_why_first(admin_client):
    order = an_order()

    asking = admin_client.post(LIST, chosen(order, action="cancel_selected"))
    unexplained = admin_client.post(LIST, chosen(order, action="cancel_selected", reason=" "))

    assert f'value="{order.pk}"' in asking.content.decode()
    assert order.number in asking.content.decode()
    assert set(unexplained.context["form"].errors) == {"reason"}
    assert statuses(order) == ["placed"]


def test_staff_cancels_the_selected_and_refusals_leave_the_others_done(admin_client):
    a_product("MUG", quantity=5)
    order, gone = an_order(("MUG", 2)), a_dispatched_order(("MUG", 1))

    response = admin_client.post(
        LIST, chosen(gone, order, action="cancel_selected", reason="flooded")
    )

    assert statuses(order, gone) == ["cancelled", "dispatched"]
    assert Order.objects.get(pk=order.pk).cancel_reason == "flooded"
    assert stock_of("MUG") == 4
    assert told(response) == [
        f"Cancelled: {order.number}.",
        f"Not cancelled: order {gone.number} was dispatched already.",
    ]


def test_one_order_is_dispatched_after_one_more_click(admin_client):
    order = an_order()
    address = page("ordering_order_dispatch", order.pk)

    asking = admin_client.get(address)
    before = statuses(order)
    admin_client.post(address)

    assert "cannot be undone" in asking.content.decode()
    assert (before, statuses(order)) == (["placed"], ["dispatched"])


def test_one_order_is_cancelled_with_a_reason(admin_client):
    order = an_order()

    response = admin_client.post(page("ordering_order_cancel", order.pk), {"reason": "flooded"})

    assert statuses(order) == ["cancelled"]
    assert response.headers["Location"] == page("ordering_order_change", order.pk)


def test_goods_are_taken_back_once_per_form(admin_client):
    a_product("MUG", quantity=5)
    order = a_dispatched_order(("MUG", 3))
    form = returned(admin_client, order, 1)

    for _ in range(2):
        admin_client.post(page("ordering_order_take_back", order.pk), form)

    assert CreditNote.objects.count() == 1
    assert stock_of("MUG") == 3


def test_refused_return_says_why(admin_client):
    order = a_dispatched_order()

    response = admin_client.post(
        page("ordering_order_take_back", order.pk), returned(admin_client, order, 0)
    )

    assert refusals(response) == ["Refused: a return needs at least one line."]
    assert CreditNote.objects.count() == 0


@pytest.mark.parametrize(
    ("make", "offered"),
    [
        (an_order, {"dispatch", "cancel"}),
        (a_dispatched_order, {"take_back"}),
        (lambda: cancelled(an_order()), set()),
    ],
)
def test_order_offers_what_its_status_allows(admin_client, make, offered):
    order = make()

    shown = admin_client.get(page("ordering_order_change", order.pk)).content.decode()

    names = {"dispatch", "cancel", "take_back"}
    assert {name for name in names if page(f"ordering_order_{name}", order.pk) in shown} == offered


def cancelled(order: Order) -> Order:
    return cancel_order(order_number=order.number, cancelled_at=later(hours=1), reason="no")


def test_nothing_is_written_around_the_operations(admin_client):
    order = an_order()
    before = recorded_types()

    refused = [
        admin_client.post(page("ordering_order_add"), {"number": "B1"}),
        admin_client.post(page("ordering_order_change", order.pk), {"status": "dispatched"}),
        admin_client.post(page("ordering_order_delete", order.pk), {"post": "yes"}),
    ]
    admin_client.post(LIST, chosen(order, action="delete_selected", post="yes"))

    assert [response.status_code for response in refused] == [403] * 3
    assert statuses(order) == ["placed"]
    assert recorded_types() == before


def test_onlooker_sees_orders_and_handles_none(client, staff):
    order = an_order()
    client.force_login(staff("ordering.view_order"))

    client.post(LIST, chosen(order, action="dispatch_selected"))
    dispatching = client.post(page("ordering_order_dispatch", order.pk))

    assert client.get(page("ordering_order_change", order.pk)).status_code == 200
    assert dispatching.status_code == 403
    assert statuses(order) == ["placed"]


def test_unknown_order_is_not_found(admin_client):
    assert admin_client.get(page("ordering_order_cancel", 999_999)).status_code == 404
    assert admin_client.get(page("ordering_order_change", 999_999)).status_code == 302
