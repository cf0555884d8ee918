"""What the shop sells, what it costs and whether there is any: plain joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from monolith.catalogue.models import Price, Product, StockLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models.expressions import Combinable
    from django_stubs_ext import WithAnnotations

    from event_contracts.catalogue_search import FoundProduct

    class _Price(TypedDict):
        price_pence: int

    PricedProduct = WithAnnotations[Product, _Price]


class ProductNotFound(Exception):
    """No product on sale has this stock code."""

    def __init__(self, stock_code: str) -> None:
        super().__init__(f"there is no product {stock_code!r}")
        self.stock_code = stock_code


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCard:
    """A product as a list shows it; `quantity` is what lies on the shelf."""

    stock_code: str
    description: str
    price_pence: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """A price and the instant from which it holds."""

    amount_pence: int
    effective_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetail:
    """All about one product; `prices` newest first, including any that are still to come."""

    stock_code: str
    description: str
    listed_at: datetime
    price_pence: int
    quantity: int
    prices: tuple[PricePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What an order needs to know of a product; no price where none held yet at the instant."""

    product_id: int
    stock_code: str
    description: str
    price_pence: int | None


def get_product(*, stock_code: str) -> Product:
    """Return a product on sale; the code's case does not matter.

    Raises:
        ProductNotFound: there is none, or it was withdrawn.
    """
    try:
        return _on_sale().select_related("stock").get(stock_code=normal_code(stock_code))
    except Product.DoesNotExist:
        raise ProductNotFound(stock_code) from None


def get_product_detail(*, stock_code: str) -> ProductDetail:
    """Return a product with its present price, its stock and every price it had.

    Raises:
        ProductNotFound: there is none, or it was withdrawn.
    """
    card = _priced(_on_sale(), Now()).filter(stock_code=normal_code(stock_code)).first()
    if card is None:
        raise ProductNotFound(stock_code)
    return ProductDetail(
        stock_code=card.stock_code,
        description=card.description,
        listed_at=card.listed_at,
        price_pence=card.price_pence,
        quantity=card.stock.quantity,
        prices=tuple(
            PricePoint(amount_pence=price.amount_pence, effective_from=price.effective_from)
            for price in card.prices.order_by("-effective_from")
        ),
    )


def list_cards(*, stock_codes: Sequence[str]) -> list[ProductCard]:
    """List products in the order given; what is not on sale, or has no price now, is left out."""
    cards = _priced(_on_sale(), Now()).filter(stock_code__in=stock_codes)
    found = {card.stock_code: _card(card) for card in cards}
    return [found[code] for code in stock_codes if code in found]


def cards(products: Iterable[FoundProduct]) -> list[ProductCard]:
    """Add to products what lies on the shelf: of stock, services know only whether there is any."""
    found = list(products)
    stock = StockLevel.objects.filter(product__stock_code__in=[each.stock_code for each in found])
    quantities = dict(stock.values_list("product__stock_code", "quantity"))
    return [
        ProductCard(
            stock_code=each.stock_code,
            description=each.description,
            price_pence=each.price_pence,
            quantity=quantities.get(each.stock_code, 0),
        )
        for each in found
    ]


def current_prices(*, stock_codes: Iterable[str]) -> dict[str, int]:
    """Return the present price in pence of each of these products; what has none is left out."""
    codes = [normal_code(code) for code in stock_codes]
    rows = _priced(Product.objects.filter(stock_code__in=codes), Now())
    return dict(rows.values_list("stock_code", "price_pence"))


def product_ids(*, stock_codes: Iterable[str]) -> dict[str, int]:
    """Return the id of each of these products; unknown stock codes are left out."""
    codes = [normal_code(code) for code in stock_codes]
    return dict(Product.objects.filter(stock_code__in=codes).values_list("stock_code", "id"))


def list_offers(*, stock_codes: Iterable[str], at: datetime) -> dict[str, Offer]:
    """Return products on sale by stock code, with the price of an instant; takes no locks."""
    codes = [normal_code(code) for code in stock_codes]
    rows = _on_sale().filter(stock_code__in=codes).annotate(price_pence=_price_at(at))
    return {
        row.stock_code: Offer(
            product_id=row.pk,
            stock_code=row.stock_code,
            description=row.description,
            price_pence=row.price_pence,
        )
        for row in rows.defer("search")
    }


def normal_code(stock_code: str) -> str:
    """Return a stock code as the catalogue writes it: upper case, without blanks around it."""
    # PostgreSQL refuses text with a NUL character; no stock code has one.
    return stock_code.replace("\x00", "").strip().upper()


def _on_sale() -> QuerySet[Product]:
    return Product.objects.filter(withdrawn_at=None)


def _price_at(at: datetime | Combinable) -> Subquery:
    prices = Price.objects.filter(product=OuterRef("pk"), effective_from__lte=at)
    return Subquery(prices.order_by("-effective_from").values("amount_pence")[:1])


def _priced(products: QuerySet[Product], at: datetime | Combinable) -> QuerySet[PricedProduct]:
    priced = products.annotate(price_pence=_price_at(at)).filter(price_pence__isnull=False)
    return priced.select_related("stock").defer("search")


def _card(row: PricedProduct) -> ProductCard:
    return ProductCard(
        stock_code=row.stock_code,
        description=row.description,
        price_pence=row.price_pence,
        quantity=row.stock.quantity,
    )
