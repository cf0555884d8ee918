"""Filling a basket and checking it out; what is taken out again is only told by its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from event_contracts.streams import basket_stream
from monolith.catalogue.queries import get_product, normal_code
from monolith.ordering import events
from monolith.ordering.models import Basket, BasketLine, Order
from monolith.ordering.operations.announcing import announce
from monolith.ordering.operations.idempotency import IdempotencyKeyReused
from monolith.ordering.operations.placing import DeliveryDetails, LineRequest, place_order
from monolith.ordering.operations.quantities import check_quantity

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class BasketEmpty(Exception):
    """There is nothing to check out."""

    def __init__(self) -> None:
        super().__init__("the basket is empty")


class ProductNotInBasket(Exception):
    """The basket holds none of this product."""

    def __init__(self, stock_code: str) -> None:
        super().__init__(f"there is no {stock_code} in the basket")


@transaction.atomic
def add_to_basket(
    *,
    basket_token: UUID,
    customer_id: int | None,
    stock_code: str,
    quantity: int,
    added_at: datetime,
) -> BasketLine:
    """Put pieces of a product into a basket, on top of what is there; the first makes the basket.

    Whether there is enough in stock is decided at check-out.

    Raises:
        InvalidQuantity: the quantity, or what would then be in the basket, is out of range.
        ProductNotFound: there is no such product.
    """
    check_quantity(quantity)
    product = get_product(stock_code=stock_code)
    basket = _lock_or_create(basket_token, customer_id, added_at)
    line = BasketLine.objects.filter(basket=basket, product_id=product.pk).first()
    line = line or BasketLine(basket=basket, product_id=product.pk, quantity=0)
    line.quantity += quantity
    check_quantity(line.quantity)
    line.save()
    added = events.basket_line_added(
        basket, line, stock_code=product.stock_code, added_quantity=quantity, at=added_at
    )
    announce({basket_stream(basket.pk): added}, at=added_at)
    return line


@transaction.atomic
def set_basket_quantity(
    *, basket_token: UUID, stock_code: str, quantity: int, changed_at: datetime
) -> None:
    """Change how many pieces of a product a basket holds; 0 takes it out.

    What is so already changes nothing, and nothing is recorded of it.

    Raises:
        InvalidQuantity: the quantity is out of range.
        ProductNotInBasket: there are none to change.
    """
    if quantity != 0:
        check_quantity(quantity)
    basket = _lock(basket_token)
    line = _find_line(basket, stock_code)
    if basket is None or line is None:
        if quantity != 0:
            raise ProductNotInBasket(stock_code)
    elif quantity == 0:
        _take_out(basket, line, changed_at)
    elif quantity != line.quantity:
        _change(basket, line, quantity, changed_at)


@transaction.atomic
def check_out(
    *,
    basket_token: UUID,
    customer_id: int | None,
    delivery: DeliveryDetails,
    placed_at: datetime,
    idempotency_key: str,
    guest_email: str = "",
) -> Order:
    """Order what is in a basket, at the prices of `placed_at`, and empty it.

    Repeating a request with its key returns the order it made the first time and changes nothing.

    Raises:
        BasketEmpty: there is nothing in it.
        Exception: whatever `place_order` raises; the basket then stays as it is.
    """
    basket = _lock(basket_token)
    lines = list(basket.lines.order_by("id").select_related("product")) if basket else []
    earlier = Order.objects.filter(idempotency_key=idempotency_key).first()
    if basket is None or not lines:
        return _repeated(earlier, customer_id)
    order = place_order(
        lines=[
            LineRequest(stock_code=line.product.stock_code, quantity=line.quantity)
            for line in lines
        ],
        customer_id=customer_id,
        delivery=delivery,
        placed_at=placed_at,
        idempotency_key=idempotency_key,
        guest_email=guest_email,
    )
    if earlier is None:
        basket.lines.all().delete()
        checked_out = events.basket_checked_out(basket, lines, order)
        announce({basket_stream(basket.pk): checked_out}, at=placed_at)
    return order


def _find_line(basket: Basket | None, stock_code: str) -> BasketLine | None:
    lines = BasketLine.objects.filter(basket=basket, product__stock_code=normal_code(stock_code))
    return lines.select_related("product").defer("product__search").first()


def _take_out(basket: Basket, line: BasketLine, at: datetime) -> None:
    removed = events.basket_line_removed(basket, line, at)
    line.delete()
    announce({basket_stream(basket.pk): removed}, at=at)


def _change(basket: Basket, line: BasketLine, quantity: int, at: datetime) -> None:
    old, line.quantity = line.quantity, quantity
    line.save(update_fields=["quantity"])
    changed = events.basket_line_changed(basket, line, old_quantity=old, at=at)
    announce({basket_stream(basket.pk): changed}, at=at)


def _repeated(earlier: Order | None, customer_id: int | None) -> Order:
    """Answer a check-out of an empty basket: it repeats an earlier one, or is a mistake."""
    if earlier is None:
        raise BasketEmpty
    if earlier.customer_id != customer_id:
        raise IdempotencyKeyReused(earlier.idempotency_key or "")
    return earlier


def _lock(token: UUID) -> Basket | None:
    return Basket.objects.select_for_update(no_key=True).filter(token=token).first()


def _lock_or_create(token: UUID, customer_id: int | None, at: datetime) -> Basket:
    Basket.objects.get_or_create(
        token=token, defaults={"customer_id": customer_id, "created_at": at}
    )
    basket = Basket.objects.select_for_update(no_key=True).get(token=token)
    if customer_id is not None and basket.customer_id != customer_id:
        # Somebody signed in after they began to choose.
        basket.customer_id = customer_id
        basket.save(update_fields=["customer_id"])
    return basket
