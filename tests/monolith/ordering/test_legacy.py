from __future__ import annotations

from dataclasses import replace

import pytest

from event_contracts.order_history import OrderHistoryQuery, OrderSummary
from monolith.catalogue import legacy as catalogue_legacy
from monolith.catalogue.queries import ProductNotFound
from monolith.customers import legacy as customers_legacy
from monolith.customers.queries import CustomerNotFound
from monolith.ordering import legacy, operations, queries
from monolith.ordering.models import Order
from tests.factories import HOME, NOON, OPENED, a_key, delivery, later, lines, recorded

pytestmark = pytest.mark.django_db

ORDER = legacy.LegacyOrder(
    number="536365",
    customer_id=17850,
    country=HOME,
    placed_at=NOON,
    dispatched_at=later(hours=4),
    lines=(
        legacy.LegacyLine(stock_code="HEART", quantity=6, unit_price_pence=255),
        legacy.LegacyLine(stock_code="JAR", quantity=2, unit_price_pence=425),
        legacy.LegacyLine(stock_code="HEART", quantity=1, unit_price_pence=300),
    ),
    returns=(
        legacy.LegacyReturn(
            number="C536379",
            issued_at=later(days=2),
            lines=(
                legacy.LegacyReturnedLine(position=2, quantity=1, refund_pence=425),
                legacy.LegacyReturnedLine(position=3, quantity=1, refund_pence=300),
            ),
        ),
    ),
)


@pytest.fixture(autouse=True)
def _old_shop():
    catalogue_legacy.load_products(
        catalogue_legacy.LegacyProduct(
            stock_code=code, description=code, listed_at=OPENED, prices=((OPENED, 255),), quantity=9
        )
        for code in ("HEART", "JAR")
    )
    customers_legacy.load_customers(
        [customers_legacy.LegacyCustomer(customer_id=17850, country=HOME, registered_at=OPENED)]
    )


def test_old_orders_are_loaded_with_lines_and_returns_and_without_events():
    loaded = legacy.load_orders([ORDER])

    assert loaded == legacy.LoadedOrders(orders=1, lines=3, credit_notes=1, skipped=0)
    assert queries.list_order_summaries(17850) == (
        OrderSummary(
            order_number="536365",
            placed_at=NOON,
            status="dispatched",
            item_count=9,
            total_pence=6 * 255 + 2 * 425 + 300,
            returned_pence=725,
        ),
    )
    assert recorded() == []


def test_old_order_can_be_read_like_any_other():
    legacy.load_orders([ORDER])

    detail = queries.get_order("536365")

    assert [(line.stock_code, line.returned_quantity) for line in detail.lines] == [
        ("HEART", 0),
        ("JAR", 1),
        ("HEART", 1),
    ]
    assert [change.at for change in detail.history] == [NOON, later(hours=4)]
    assert detail.address == ()


def test_loading_orders_again_changes_nothing():
    legacy.load_orders([ORDER])

    again = legacy.load_orders([ORDER, replace(ORDER, number="536366", returns=())])

    assert again == legacy.LoadedOrders(orders=1, lines=3, credit_notes=0, skipped=1)
    assert Order.objects.count() == 2


def test_live_order_of_an_old_customer_is_version_two():
    legacy.load_orders([ORDER])
    place_live_order()

    page = queries.list_orders_for_customer(OrderHistoryQuery(customer_id=17850))

    assert [(envelope.stream, envelope.version) for envelope in recorded()] == [
        ("customer/17850", 2)
    ]
    assert page.as_of == 2
    assert len(page.orders) == 2


def place_live_order():
    return operations.place_order(
        lines=lines(("HEART", 1)),
        customer_id=17850,
        delivery=delivery(),
        placed_at=later(days=30),
        idempotency_key=a_key(),
    )


def test_return_of_an_old_guest_order_is_version_two():
    legacy.load_orders([replace(ORDER, customer_id=None)])

    operations.return_items(
        order_number="536365",
        lines=[operations.ReturnRequest(stock_code="HEART", quantity=6)],
        returned_at=later(days=30),
        idempotency_key=a_key(),
    )

    (envelope,) = recorded()
    assert (envelope.stream, envelope.version) == ("guest-order/536365", 2)
    assert envelope.data.order_returned_pence == 725 + 6 * 255


def test_old_orders_may_be_cancelled_ones_or_from_a_new_country():
    cancelled = replace(
        ORDER,
        status="cancelled",
        country="Narnia",
        dispatched_at=None,
        cancelled_at=later(hours=1),
        cancel_reason="C536365",
        returns=(),
    )

    legacy.load_orders([cancelled])

    detail = queries.get_order("536365")
    assert (detail.status, detail.country, detail.cancel_reason) == (
        "cancelled",
        "Narnia",
        "C536365",
    )


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (replace(ORDER, number="2", customer_id=7), CustomerNotFound),
        (
            replace(
                ORDER,
                number="2",
                returns=(),
                lines=(legacy.LegacyLine(stock_code="NONE", quantity=1, unit_price_pence=1),),
            ),
            ProductNotFound,
        ),
    ],
)
def test_order_that_names_something_unknown_keeps_all_out(broken, error):
    with pytest.raises(error):
        legacy.load_orders([ORDER, broken])

    assert not Order.objects.exists()
