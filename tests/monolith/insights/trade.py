"""A small trade whose every figure can be added up by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monolith.catalogue.operations import change_price
from monolith.ordering import operations
from tests.factories import a_customer, a_key, a_product, delivery, lines


def march(day, hour=12, minute=0):
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC)


def order(*wanted, at, customer=None, country="United Kingdom"):
    return operations.place_order(
        lines=lines(*wanted),
        customer_id=customer.pk if customer else None,
        delivery=delivery(country),
        placed_at=at,
        idempotency_key=a_key(),
        guest_email="" if customer else "guest@example.com",
    )


def dispatch(placed, *, at):
    return operations.dispatch_order(order_number=placed.number, dispatched_at=at)


def cancel(placed, *, at):
    return operations.cancel_order(order_number=placed.number, cancelled_at=at, reason="")


def give_back(placed, code, quantity, *, at):
    return operations.return_items(
        order_number=placed.number,
        lines=[operations.ReturnRequest(stock_code=code, quantity=quantity)],
        returned_at=at,
        idempotency_key=a_key(),
    )


def three_days_of_trade():
    """Trade from the 10th to the 12th of March, and something after it that must not count.

    10th: Alice orders 2 hearts (200p) and 1 jar (500p), Berta 3 jars to France.
    11th: Alice's parcel leaves after 26 h, Berta cancels; hearts cost 250p from noon; Alice, 1.
    12th: a guest orders 4 hearts; Alice returns 1 heart of the first order.
    13th: Berta orders 1 jar.
    """
    a_product("HEART", price_pence=200)
    a_product("JAR", price_pence=500)
    alice, berta = a_customer("Alice"), a_customer("Berta")
    first = order(("HEART", 2), ("JAR", 1), at=march(10, 8), customer=alice)
    second = order(("JAR", 3), at=march(10, 23, 59), customer=berta, country="France")
    dispatch(first, at=march(11, 10, 59))
    cancel(second, at=march(11))
    change_price(stock_code="HEART", price_pence=250, effective_at=march(11))
    order(("HEART", 1), at=march(11), customer=alice)
    order(("HEART", 4), at=march(12))
    give_back(first, "HEART", 1, at=march(12, 23, 59) + timedelta(seconds=59))
    order(("JAR", 1), at=march(13, 0), customer=berta)
    return alice, berta
