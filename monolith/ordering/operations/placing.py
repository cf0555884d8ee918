"""Placing an order: prices agreed, stock taken, number given, once per key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from event_contracts.ordering import OrderedLine
from event_contracts.streams import announcement_stream
from monolith.catalogue.operations import InvalidPrice, take_stock
from monolith.catalogue.queries import Offer, ProductNotFound, list_offers, normal_code
from monolith.customers.queries import get_country, get_customer
from monolith.ordering import events
from monolith.ordering.models import Order, OrderLine
from monolith.ordering.operations.announcing import announce
from monolith.ordering.operations.idempotency import digest_of, find_first
from monolith.ordering.operations.quantities import check_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class EmptyOrder(Exception):
    """An order has no lines."""

    def __init__(self) -> None:
        super().__init__("an order needs at least one line")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRequest:
    """So many pieces of a product; a given price (trade agreed elsewhere) overrides ours."""

    stock_code: str
    quantity: int
    unit_price_pence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetails:
    """Where the parcel goes; `country` is a country's name."""

    recipient: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""

    @property
    def address(self) -> str:
        """The address without the country, one part per line."""
        parts = (self.line1, self.line2, self.city, self.postcode)
        return "\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class _AgreedLine:
    offer: Offer
    quantity: int
    unit_price_pence: int


@transaction.atomic
def place_order(
    *,
    lines: Sequence[LineRequest],
    customer_id: int | None,
    delivery: DeliveryDetails,
    placed_at: datetime,
    idempotency_key: str,
    guest_email: str = "",
) -> Order:
    """Place an order, for a customer or a guest (`customer_id` None), at the prices of `placed_at`.

    Repeating a request with its key returns the order it made the first time and changes nothing.

    Raises:
        CustomerNotFound: there is no such customer.
        EmptyOrder: there are no lines.
        IdempotencyKeyReused: the key was used for other content.
        InvalidPrice: a given price is negative.
        InvalidQuantity: a quantity is out of range.
        OutOfStock: there is too little of a product; it names the product.
        ProductNotFound: a product is unknown, withdrawn or had no price yet.
        UnknownCountry: the shop does not deliver there.
    """
    digest = digest_of(lines, customer_id, delivery, guest_email)
    first = find_first(Order, key=idempotency_key, digest=digest)
    if first is not None:
        return first
    agreed = _agree(lines, placed_at)
    order = _new_order(customer_id, delivery, placed_at)
    order.guest_email, order.idempotency_key = guest_email, idempotency_key
    order.request_digest = digest
    crossings = take_stock(quantities=_pieces_by_product(agreed), taken_at=placed_at)
    _save(order, agreed)
    placed = events.order_placed(order, [_ordered_line(line) for line in agreed])
    announce({**crossings, events.stream_of(order): placed, **_announcement(order)}, at=placed_at)
    return order


def _agree(lines: Sequence[LineRequest], placed_at: datetime) -> list[_AgreedLine]:
    if not lines:
        raise EmptyOrder
    offers = list_offers(stock_codes={line.stock_code for line in lines}, at=placed_at)
    return [_agree_line(line, offers.get(normal_code(line.stock_code))) for line in lines]


def _agree_line(line: LineRequest, offer: Offer | None) -> _AgreedLine:
    check_quantity(line.quantity)
    if offer is None:
        raise ProductNotFound(line.stock_code)
    price = offer.price_pence if line.unit_price_pence is None else line.unit_price_pence
    if price is None:
        raise ProductNotFound(line.stock_code)
    if price < 0:
        raise InvalidPrice(price)
    return _AgreedLine(offer=offer, quantity=line.quantity, unit_price_pence=price)


def _new_order(customer_id: int | None, delivery: DeliveryDetails, placed_at: datetime) -> Order:
    return Order(
        number=_next_number(),
        customer=None if customer_id is None else get_customer(customer_id=customer_id),
        country=get_country(name=delivery.country),
        recipient=delivery.recipient,
        address=delivery.address,
        placed_at=placed_at,
    )


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('ordering_order_number_seq')")
        return f"B{cursor.fetchone()[0]}"


def _pieces_by_product(lines: Sequence[_AgreedLine]) -> Counter[int]:
    pieces: Counter[int] = Counter()
    for line in lines:
        pieces[line.offer.product_id] += line.quantity
    return pieces


def _save(order: Order, lines: Sequence[_AgreedLine]) -> None:
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            product_id=line.offer.product_id,
            position=position,
            quantity=line.quantity,
            unit_price_pence=line.unit_price_pence,
        )
        for position, line in enumerate(lines, start=1)
    )


def _announcement(order: Order) -> dict[str, object]:
    if not settings.ORDERING_ANNOUNCEMENTS:
        return {}
    return {announcement_stream(order.number): events.order_announced(order)}


def _ordered_line(line: _AgreedLine) -> OrderedLine:
    return OrderedLine(
        stock_code=line.offer.stock_code,
        description=line.offer.description,
        quantity=line.quantity,
        unit_price_pence=line.unit_price_pence,
    )
