from __future__ import annotations

import pytest

from event_contracts.catalogue import ProductSoldOut
from event_contracts.customers import Contact
from event_contracts.ordering import OrderedLine, OrderPlaced
from monolith.catalogue.operations import change_price
from monolith.ordering import operations, queries
from monolith.ordering.models import Order
from tests.factories import (
    HOME,
    NOON,
    a_customer,
    a_product,
    an_order,
    delivery,
    later,
    lines,
    recorded,
    recorded_types,
    stock_of,
)

pytestmark = pytest.mark.django_db


def place(*wanted, **changes):
    given = {
        "lines": lines(*wanted),
        "customer_id": None,
        "delivery": delivery(),
        "placed_at": NOON,
        "idempotency_key": "first",
    }
    return operations.place_order(**{**given, **changes})


@pytest.fixture
def shelf():
    a_product("HEART", price_pence=255, quantity=10, description="WHITE HANGING HEART")
    a_product("JAR", price_pence=425, quantity=2, description="JAM JAR")


def test_placed_order_is_recorded_in_the_customers_stream(shelf):
    customer = a_customer()

    order = place(("heart", 6), ("JAR", 1), customer_id=customer.pk)

    envelope = recorded()[-1]
    assert (envelope.stream, envelope.version) == (f"customer/{customer.pk}", 2)
    assert envelope.occurred_at == NOON
    assert envelope.data == OrderPlaced(
        order_number=order.number,
        customer_id=customer.pk,
        placed_at=NOON,
        country=HOME,
        lines=(
            OrderedLine(
                stock_code="HEART",
                description="WHITE HANGING HEART",
                quantity=6,
                unit_price_pence=255,
            ),
            OrderedLine(stock_code="JAR", description="JAM JAR", quantity=1, unit_price_pence=425),
        ),
        item_count=7,
        total_pence=6 * 255 + 425,
    )


def test_placed_order_can_be_read_back(shelf):
    order = place(("HEART", 6), ("JAR", 1), guest_email="guest@example.com")

    detail = queries.get_order(order.number)
    assert (detail.status, detail.customer_id) == ("placed", None)
    assert (detail.item_count, detail.total_pence) == (7, 6 * 255 + 425)
    assert (detail.recipient, detail.country) == ("Alice", HOME)
    assert detail.address == ("1 Quay Street", "Bristol", "BS1 1AA")


def test_guest_order_has_a_stream_of_its_own(shelf):
    order = place(("HEART", 1))

    assert recorded()[-1].stream == f"guest-order/{order.number}"
    assert recorded()[-1].version == 1


def test_guest_can_be_written_to_by_whoever_reads_the_order(shelf):
    place(("HEART", 1), guest_email="guest@example.com")

    assert recorded()[-1].data.guest_contact == Contact(name="Alice", email="guest@example.com")


def test_order_of_a_customer_says_nothing_of_whom_to_write_to(shelf):
    place(("HEART", 1), customer_id=a_customer().pk)

    assert recorded()[-1].data.guest_contact is None


def test_order_numbers_tell_live_orders_from_old_ones(shelf):
    number = place(("HEART", 1)).number

    assert number.startswith("B")
    assert int(number[1:]) > 100_000


def test_order_takes_its_goods_off_the_shelf(shelf):
    place(("HEART", 6), ("HEART", 1), ("JAR", 1))

    assert (stock_of("HEART"), stock_of("JAR")) == (3, 1)


def test_product_named_twice_stays_two_lines(shelf):
    order = place(("HEART", 2), ("HEART", 3))

    placed = queries.get_order(order.number)
    assert [(line.position, line.quantity) for line in placed.lines] == [(1, 2), (2, 3)]


def test_last_piece_sold_is_announced_after_the_order(shelf):
    customer = a_customer()

    place(("JAR", 2), customer_id=customer.pk)

    assert recorded_types()[-2:] == ["ordering.order_placed.v1", "catalogue.product_sold_out.v1"]
    assert recorded()[-1].data == ProductSoldOut(stock_code="JAR", sold_out_at=NOON)


def test_order_is_charged_the_price_of_its_instant(shelf):
    change_price(stock_code="HEART", price_pence=295, effective_at=later(minutes=1))

    before = place(("HEART", 1), idempotency_key="before")
    after = place(("HEART", 1), idempotency_key="after", placed_at=later(minutes=1))

    assert queries.get_order(before.number).total_pence == 255
    assert queries.get_order(after.number).total_pence == 295


def test_price_agreed_elsewhere_overrides_ours(shelf):
    agreed = operations.LineRequest(stock_code="HEART", quantity=2, unit_price_pence=199)

    order = place(lines=[agreed])

    assert queries.get_order(order.number).total_pence == 398


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"lines": []}, operations.EmptyOrder),
        ({"lines": lines(("HEART", 0))}, operations.InvalidQuantity),
        ({"lines": lines(("HEART", -1))}, operations.InvalidQuantity),
        ({"lines": lines(("HEART", 10**9))}, operations.InvalidQuantity),
        ({"lines": lines(("HEART", 1), ("NONE", 1))}, operations.ProductNotFound),
        ({"lines": lines(("HEART", 1), ("JAR", 3))}, operations.OutOfStock),
        ({"lines": lines(("HEART", 6), ("HEART", 5))}, operations.OutOfStock),
        ({"placed_at": later(days=-30)}, operations.ProductNotFound),
        ({"customer_id": 7}, operations.CustomerNotFound),
        (
            {"lines": [operations.LineRequest(stock_code="JAR", quantity=1, unit_price_pence=-1)]},
            operations.InvalidPrice,
        ),
    ],
)
def test_rejected_order_leaves_no_trace(shelf, changes, error):
    before = recorded_types()

    with pytest.raises(error):
        place(**{"lines": lines(("HEART", 1)), **changes})

    assert not Order.objects.exists()
    assert (stock_of("HEART"), stock_of("JAR")) == (10, 2)
    assert recorded_types() == before


def test_order_to_an_unknown_country_leaves_no_trace(shelf):
    nowhere = operations.DeliveryDetails(
        recipient="A", line1="1", city="B", postcode="C", country="Atlantis"
    )

    with pytest.raises(operations.UnknownCountry):
        place(("HEART", 1), delivery=nowhere)

    assert stock_of("HEART") == 10


def test_refusal_names_the_product_that_is_short(shelf):
    with pytest.raises(operations.OutOfStock, match="2 of JAR in stock, 3 wanted") as refusal:
        place(("HEART", 1), ("JAR", 3))

    assert refusal.value.stock_code == "JAR"


def test_same_request_again_returns_the_first_order(shelf):
    first = place(("HEART", 1))
    events_before = len(recorded())

    again = place(("HEART", 1), placed_at=later(minutes=1))

    assert again.number == first.number
    assert stock_of("HEART") == 9
    assert len(recorded()) == events_before


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": lines(("HEART", 2))},
        {"guest_email": "other@example.com"},
        {"customer_id": 12345},
        {"lines": [operations.LineRequest(stock_code="HEART", quantity=1, unit_price_pence=1)]},
    ],
)
def test_key_of_another_request_is_refused(shelf, changes):
    place(("HEART", 1))

    with pytest.raises(operations.IdempotencyKeyReused):
        place(**{"lines": lines(("HEART", 1)), **changes})

    assert Order.objects.count() == 1
    assert stock_of("HEART") == 9


def test_refused_request_may_be_repeated_once_it_can_be_met(shelf):
    with pytest.raises(operations.OutOfStock):
        place(("JAR", 3))
    operations.cancel_order(
        order_number=an_order(("JAR", 1)).number, cancelled_at=NOON, reason="changed my mind"
    )

    order = place(("JAR", 2))

    assert queries.get_order(order.number).item_count == 2
