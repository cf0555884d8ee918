"""What lies in a basket, at today's prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.catalogue.queries import current_prices
from monolith.ordering.models import Basket, BasketLine

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketItem:
    """So many pieces of a product; `in_stock` is what lies on the shelf now."""

    stock_code: str
    description: str
    quantity: int
    unit_price_pence: int
    in_stock: int

    @property
    def total_pence(self) -> int:
        """What the line costs at today's price."""
        return self.quantity * self.unit_price_pence

    @property
    def is_available(self) -> bool:
        """Whether there is enough to order this many now."""
        return self.quantity <= self.in_stock


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketView:
    """A basket, its lines in the order they were put in."""

    token: UUID
    items: tuple[BasketItem, ...]

    @property
    def item_count(self) -> int:
        """How many pieces are in it."""
        return sum(item.quantity for item in self.items)

    @property
    def total_pence(self) -> int:
        """What all of it costs at today's prices."""
        return sum(item.total_pence for item in self.items)

    @property
    def is_available(self) -> bool:
        """Whether all of it could be ordered now."""
        return all(item.is_available for item in self.items)


def get_basket(token: UUID) -> BasketView:
    """Return the basket of this token; one that nobody used yet is empty."""
    lines = BasketLine.objects.filter(basket__token=token).order_by("id")
    found = list(lines.select_related("product__stock").defer("product__search"))
    prices = current_prices(stock_codes=[line.product.stock_code for line in found])
    return BasketView(token=token, items=tuple(_item(line, prices) for line in found))


def find_customer_basket(customer_id: int) -> UUID | None:
    """Return the token of the basket that a customer began last and has not ordered, if any."""
    baskets = Basket.objects.filter(customer=customer_id, lines__isnull=False)
    newest = baskets.order_by("-created_at", "-id").values_list("token", flat=True)
    return newest.first()


def _item(line: BasketLine, prices: dict[str, int]) -> BasketItem:
    return BasketItem(
        stock_code=line.product.stock_code,
        description=line.product.description,
        quantity=line.quantity,
        unit_price_pence=prices.get(line.product.stock_code, 0),
        in_stock=line.product.stock.quantity,
    )
