"""What does the made-up shop sell, to whom, at what prices? Drawn at random, not copied."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from random import Random

_COLOURS = """
AMBER|BLUE|CORAL|DUSKY|EMERALD|FROSTED|GOLDEN|IVORY|JADE|LILAC|MIDNIGHT|OCHRE|PEARL|RUBY|SAGE|TEAL
"""
_MOTIFS = """
ACORN|BADGER|CLOVER|DAMSON|ELDERFLOWER|FERN|GANNET|HERON|IVY|JACKDAW|KITE|LARK|MOTH|NEWT|OTTER|
PUFFIN|QUINCE|ROBIN|STOAT|TEASEL|VETCH|WREN
"""
_THINGS = """
APRON|BASKET|BUNTING|CAKE STAND|CANDLE|CLOCK|CUSHION COVER|DOOR STOP|EGG CUP|FRAME|GIFT WRAP|HOOK|
JUG|KEY RING|LUNCH BAG|MUG|NAPKINS|PENCIL TIN|RIBBON|SCARF|TEA TOWEL|TRAY|VASE|WALL ART
"""
_LETTERS = ("",) * 12 + ("A", "B", "C", "D", "L", "BL")
_COUNTRIES = {
    "United Kingdom": 900, "Germany": 22, "France": 20, "EIRE": 16, "Spain": 5, "Netherlands": 5,
    "Belgium": 5, "Switzerland": 4, "Portugal": 3, "Australia": 3, "Norway": 2, "Italy": 2,
    "Channel Islands": 2, "Finland": 2, "Cyprus": 1, "Sweden": 1, "Japan": 1, "USA": 1,
    "Unspecified": 1,
}  # fmt: skip
_FIRST_CUSTOMER, _CUSTOMER_NUMBERS = 20_000, 60_000
_PRICES_PENCE = (
    19,
    29,
    42,
    55,
    65,
    85,
    95,
    125,
    145,
    165,
    195,
    210,
    255,
    295,
    375,
    425,
    495,
    795,
    995,
    1495,
)


@dataclass(slots=True)
class MadeProduct:
    """A product, and its list price from each day on, in order."""

    stock_code: str
    description: str
    first_day: date
    prices: list[tuple[date, int]] = field(default_factory=list)

    def price_on(self, day: date) -> int:
        """Return the list price in pence of a day."""
        return [pence for since, pence in self.prices if since <= day][-1]


@dataclass(frozen=True, slots=True)
class MadeCustomer:
    """Somebody with a number and a country."""

    customer_id: int
    country: str


class Assortment:
    """The products and customers of one made-up trade: few buy or sell often, most seldom."""

    def __init__(self, random: Random, *, orders: int, days: list[date]) -> None:
        self._random = random
        self.products = _make_products(random, min(3500, 120 + orders // 4), days)
        self.customers = _make_customers(random, min(4000, 5 + orders // 4))
        self._product_weights = _power_law(len(self.products), 0.7)
        self._customer_weights = _power_law(len(self.customers), 0.6)

    def pick_products(self, count: int, day: date) -> list[MadeProduct]:
        """Draw products on sale on a day, popular ones more often, some more than once."""
        drawn = self._random.choices(self.products, cum_weights=self._product_weights, k=count)
        on_sale = [product for product in drawn if product.first_day <= day]
        return on_sale or [self.products[0]]

    def pick_customer(self) -> MadeCustomer:
        """Draw a customer, good ones more often."""
        return self._random.choices(self.customers, cum_weights=self._customer_weights)[0]


def _make_products(random: Random, count: int, days: list[date]) -> list[MadeProduct]:
    numbers = random.sample(range(30_000, 80_000), count)
    return [_make_product(random, number, days) for number in numbers]


def _make_product(random: Random, number: int, days: list[date]) -> MadeProduct:
    words = [random.choice(names.split("|")).strip() for names in (_COLOURS, _MOTIFS, _THINGS)]
    # One in seven is new in the course of the trade; the first is always there.
    first_day = random.choice(days) if random.random() < 1 / 7 else days[0]
    product = MadeProduct(f"{number}{random.choice(_LETTERS)}", " ".join(words), first_day)
    pence = random.choice(_PRICES_PENCE)
    product.prices.append((days[0], pence))
    for day in sorted(random.sample(days, min(len(days), random.choice((0, 0, 1, 2))))):
        pence = max(1, round(pence * random.choice((0.85, 1.1, 1.2))))
        product.prices.append((day, pence))
    return product


def _make_customers(random: Random, count: int) -> list[MadeCustomer]:
    countries, weights = list(_COUNTRIES), list(accumulate(_COUNTRIES.values()))
    return [
        MadeCustomer(number, random.choices(countries, cum_weights=weights)[0])
        for number in random.sample(
            range(_FIRST_CUSTOMER, _FIRST_CUSTOMER + _CUSTOMER_NUMBERS), count
        )
    ]


def _power_law(count: int, exponent: float) -> list[float]:
    return list(accumulate(1 / rank**exponent for rank in range(1, count + 1)))
