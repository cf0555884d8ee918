"""Events of a few days in March, made short; and what a lake says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from event_contracts import streams
from event_contracts.catalogue import (
    PriceChanged,
    ProductBecameAvailable,
    ProductListed,
    ProductSnapshotTaken,
    ProductSoldOut,
)
from event_contracts.envelope import Envelope
from event_contracts.ordering import (
    BasketCheckedOut,
    BasketLineAdded,
    BasketLineRemoved,
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderedLine,
    OrderPlaced,
    ReturnedLine,
)
from event_contracts.registry import event_type_of
from event_contracts.sales_insights import Period, Report
from extracted_services.sales_insights import queries
from extracted_services.sales_insights.projection import facts_of, merge
from extracted_services.sales_insights.view import landing_of

NOW = datetime(2025, 4, 1, tzinfo=UTC)
MARCH = Period(first_day=date(2025, 3, 1), until_day=date(2025, 4, 1))
_serial = count(1)


def march(day, hour=12, minute=0):
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC)


def envelope(stream, version, event, at, *, number=None):
    return Envelope(
        event_id=UUID(int=number or next(_serial)),
        event_type=event_type_of(event),
        stream=stream,
        version=version,
        occurred_at=at,
        data=event,
        recorded_at=NOW,
    )


def placed(number, version, at, *lines, customer=1, country="France"):
    bought = tuple(
        OrderedLine(stock_code=code, description=code, quantity=quantity, unit_price_pence=pence)
        for code, quantity, pence in lines
    )
    event = OrderPlaced(
        order_number=number,
        customer_id=customer,
        placed_at=at,
        country=country,
        lines=bought,
        item_count=sum(line.quantity for line in bought),
        total_pence=sum(line.quantity * line.unit_price_pence for line in bought),
    )
    return envelope(streams.customer_stream(customer), version, event, at)


def dispatched(number, version, placed_at, at, *, customer=1):
    event = OrderDispatched(
        order_number=number, customer_id=customer, placed_at=placed_at, dispatched_at=at
    )
    return envelope(streams.customer_stream(customer), version, event, at)


def cancelled(number, version, placed_at, at, *, customer=1):
    event = OrderCancelled(
        order_number=number, customer_id=customer, placed_at=placed_at, cancelled_at=at, reason=""
    )
    return envelope(streams.customer_stream(customer), version, event, at)


def returned(number, version, placed_at, at, code, quantity, pence, *, customer=1):
    event = ItemsReturned(
        order_number=number,
        customer_id=customer,
        placed_at=placed_at,
        credit_note_number="CN1",
        returned_at=at,
        lines=(ReturnedLine(stock_code=code, quantity=quantity, refund_pence=pence),),
        refund_pence=pence,
        order_returned_pence=pence,
    )
    return envelope(streams.customer_stream(customer), version, event, at)


def listed(code, at, pence, *, is_available=True):
    event = ProductListed(
        stock_code=code,
        description=code.title(),
        price_pence=pence,
        is_available=is_available,
        listed_at=at,
    )
    return envelope(streams.product_stream(code), 1, event, at)


def priced(code, version, at, old, new):
    event = PriceChanged(stock_code=code, old_price_pence=old, new_price_pence=new, effective_at=at)
    return envelope(streams.product_stream(code), version, event, at)


def stated(code, version, at, *prices, is_withdrawn=False):
    event = ProductSnapshotTaken(
        stock_code=code,
        description=code.title(),
        listed_at=march(1),
        is_withdrawn=is_withdrawn,
        is_available=True,
        prices=prices,
        order_count=0,
        popular_in=(),
        also_bought=(),
    )
    return envelope(streams.product_stream(code), version, event, at)


def sold_out(code, version, at):
    return envelope(
        streams.product_stream(code), version, ProductSoldOut(stock_code=code, sold_out_at=at), at
    )


def available(code, version, at):
    event = ProductBecameAvailable(stock_code=code, available_at=at)
    return envelope(streams.product_stream(code), version, event, at)


def added(basket, version, at, code, quantity=1):
    event = BasketLineAdded(
        basket_id=basket,
        customer_id=None,
        stock_code=code,
        added_quantity=quantity,
        quantity=quantity,
        added_at=at,
    )
    return envelope(streams.basket_stream(basket), version, event, at)


def removed(basket, version, at, code, quantity=1):
    event = BasketLineRemoved(
        basket_id=basket,
        customer_id=None,
        stock_code=code,
        removed_quantity=quantity,
        removed_at=at,
    )
    return envelope(streams.basket_stream(basket), version, event, at)


def checked_out(basket, version, at):
    event = BasketCheckedOut(
        basket_id=basket,
        customer_id=None,
        order_number="B1",
        line_count=1,
        item_count=1,
        checked_out_at=at,
    )
    return envelope(streams.basket_stream(basket), version, event, at)


def some_trade():
    """Orders of three days, with every kind of end; hearts change their price between them."""
    return [
        listed("HEART", march(1), 200),
        placed("A", 1, march(10, 8), ("HEART", 2, 200), ("JAR", 1, 500)),
        placed("B", 1, march(10, 23, 59), ("JAR", 3, 500), customer=2),
        dispatched("A", 2, march(10, 8), march(11, 10, 59)),
        cancelled("B", 2, march(10, 23, 59), march(11), customer=2),
        priced("HEART", 2, march(11), 200, 250),
        placed("C", 3, march(11), ("HEART", 1, 250), country="Spain"),
        returned("A", 4, march(10, 8), march(12, 23, 59), "HEART", 1, 200),
    ]


def land(lake, *envelopes):
    lake.land(*landing_of([row for each in envelopes for row in facts_of(each)]))


def land_and_merge(lake, engine, *envelopes, now=NOW + timedelta(days=1)):
    land(lake, *envelopes)
    return merge(lake, engine, now=now)


def ask(lake, engine, name, *, period=MARCH, about=""):
    return queries.answer(Report.over(period, name, about=about), lake, engine)


def rows(lake, engine, name, **asked):
    return [tuple(row.values()) for row in ask(lake, engine, name, **asked).rows_of(name)]


def everything(lake, engine):
    """Answer every question: two lakes that hold the same say the same."""
    about = {"orders_booked": "customer/1", "prices_known": "product/HEART"}
    return {name: rows(lake, engine, name, about=about.get(name, "")) for name in ALL}


ALL = (
    "takings_by_day",
    "takings_by_country",
    "takings_by_product",
    "cohorts",
    "price_effects",
    "dispatch_times",
    "orders_booked",
    "prices_known",
    "products_as_of",
    "baskets_by_day",
    "removed_products",
)
