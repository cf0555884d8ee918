"""What does the till of the made-up shop print? Invoices with every oddity that real ones have."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from monolith.trade.assortment import Assortment, MadeCustomer, MadeProduct

# Far from the real file's numbers, so that both can live in one shop.
_FIRST_INVOICE = 700_001
_GUESTS = 0.17
_HOME = "United Kingdom"
_LOTS = (1, 1, 2, 2, 3, 4, 6, 6, 8, 10, 12, 12, 24, 36, 48)
_LARGE_LOT, _LARGEST_LOT = 24, 720
_MOST_LINES = 1114


class Row(NamedTuple):
    """One line of the file; `customer` None is a guest, price in pounds as written."""

    invoice: str
    stock_code: str
    description: str
    quantity: int
    at: datetime
    price: str
    customer: int | None
    country: str

    def fields(self) -> tuple[str, ...]:
        """Return the columns as text, as the file writes them."""
        customer = "" if self.customer is None else f"{self.customer}.0"
        bought = (self.invoice, self.stock_code, self.description, str(self.quantity))
        return (*bought, f"{self.at:%Y-%m-%d %H:%M:%S}", self.price, customer, self.country)


class Till:
    """Prints invoices, numbered as they come."""

    def __init__(self, random: Random, assortment: Assortment) -> None:
        self._random, self._assortment = random, assortment
        self._next = _FIRST_INVOICE

    def sell(self, at: datetime) -> list[Row]:
        """Print an order: goods, and what comes on top of them."""
        guest = self._random.random() < _GUESTS
        customer = None if guest else self._assortment.pick_customer()
        count = min(_MOST_LINES, 1 + int(self._random.lognormvariate(2.62, 1.0)))
        number = self._number()
        products = self._assortment.pick_products(count, at.date())
        rows = [self._goods(number, at, product, customer) for product in products]
        rows += self._extras(number, at, customer)
        if self._chance(0.005):
            # The last rows were printed in the next minute.
            cut = self._random.randrange(1, len(rows) + 1)
            rows[cut:] = [row._replace(at=at + timedelta(minutes=1)) for row in rows[cut:]]
        return rows

    def call_off(self, at: datetime, sold: list[Row]) -> list[Row]:
        """Print the cancellation of all the goods of an order."""
        return self._undo(at, [row for row in sold if float(row.price) > 0])

    def take_back(self, at: datetime, sold: list[Row]) -> list[Row]:
        """Print a return of some of an order's goods, or of what it never held."""
        chosen = self._random.sample(sold, min(len(sold), self._random.choice((1, 1, 2, 3))))
        rows = [row for row in chosen if float(row.price) > 0]
        if self._chance(0.1):
            product = self._assortment.pick_products(1, at.date())[0]
            rows.append(sold[0]._replace(stock_code=product.stock_code, price="2.1", quantity=1))
        if not self._chance(0.1):
            rows = [self._part(row) for row in rows]
        elif rows:
            rows[0] = rows[0]._replace(quantity=rows[0].quantity + 1)
        return self._undo(at, rows)

    def do_something_odd(self, at: datetime) -> list[Row]:
        """Print what is neither an order nor a return."""
        odd = self._random.choice(
            (self._write_off, self._write_off, self._count_in, self._charge, self._adjust_debt)
        )
        return odd(at)

    def _number(self, letter: str = "") -> str:
        self._next += 1
        return f"{letter}{self._next - 1}"

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _goods(
        self, number: str, at: datetime, product: MadeProduct, customer: MadeCustomer | None
    ) -> Row:
        quantity = self._random.choice(_LOTS if customer else _LOTS[:4])
        if self._chance(0.002):
            quantity = self._random.randrange(_LARGE_LOT, _LARGEST_LOT)
        pence = product.price_on(at.date())
        if customer is None:
            # The dot-com shop sells dearer, as it did in the real trade.
            pence = round(pence * 1.93)
        elif quantity >= _LARGE_LOT:
            pence = max(1, round(pence * 0.85))
        if customer and self._chance(0.0005):
            pence = 0
        code, description = self._spelling(product)
        return Row(number, code, description, quantity, at, _pounds(pence), *_whose(customer))

    def _spelling(self, product: MadeProduct) -> tuple[str, str]:
        code = product.stock_code.lower() if self._chance(0.03) else product.stock_code
        description = f"{product.description} " if self._chance(0.15) else product.description
        return code, f"NEW {description}" if self._chance(0.01) else description

    def _extras(self, number: str, at: datetime, customer: MadeCustomer | None) -> list[Row]:
        whose = _whose(customer)
        extras = [
            (customer is not None and customer.country != _HOME, "POST", "POSTAGE", "18.0"),
            (customer is None and self._chance(0.4), "DOT", "DOTCOM POSTAGE", "11.17"),
            (customer is None and self._chance(0.03), "gift_0001_20", "Gift Voucher", "16.67"),
            (customer is None and self._chance(0.03), "DCGS0003", "BOXED ASHTRAY", "2.51"),
            (self._chance(0.01), "C2", "CARRIAGE", "50.0"),
            (self._chance(0.02), self._random.choice("MMMm"), "Manual", "1.25"),
            (self._chance(0.002), "PADS", "PADS TO MATCH", "0.001"),
        ]
        return [
            Row(number, code, description, 1, at, price, *whose)
            for is_due, code, description, price in extras
            if is_due
        ]

    def _part(self, row: Row) -> Row:
        return row._replace(quantity=self._random.randint(1, row.quantity))

    def _undo(self, at: datetime, rows: list[Row]) -> list[Row]:
        number = self._number("C")
        return [row._replace(invoice=number, at=at, quantity=-row.quantity) for row in rows]

    def _write_off(self, at: datetime) -> list[Row]:
        why = self._random.choice(("", "", "damaged", "?", "lost", "thrown away"))
        return [self._unpriced(at, why, -self._random.choice(_LOTS))]

    def _count_in(self, at: datetime) -> list[Row]:
        product = self._assortment.pick_products(1, at.date())[0]
        why = self._random.choice(("", "found", "Found", product.description))
        return [self._unpriced(at, why, self._random.choice(_LOTS))]

    def _unpriced(self, at: datetime, description: str, quantity: int) -> Row:
        code = self._assortment.pick_products(1, at.date())[0].stock_code
        return Row(self._number(), code, description, quantity, at, "0.0", None, _HOME)

    def _charge(self, at: datetime) -> list[Row]:
        charges = (
            ("AMAZONFEE", "AMAZON FEE", "66.1"),
            ("BANK CHARGES", "Bank Charges", "15.0"),
            ("S", "SAMPLES", "12.95"),
            ("D", "Discount", "27.5"),
            ("CRUK", "CRUK Commission", "1.6"),
        )
        code, description, price = self._random.choice(charges)
        return [Row(self._number("C"), code, description, -1, at, price, None, _HOME)]

    def _adjust_debt(self, at: datetime) -> list[Row]:
        price = self._random.choice(("1100.5", "-1100.5"))
        return [Row(self._number("A"), "B", "Adjust bad debt", 1, at, price, None, _HOME)]


def _whose(customer: MadeCustomer | None) -> tuple[int | None, str]:
    return (None, _HOME) if customer is None else (customer.customer_id, customer.country)


def _pounds(pence: int) -> str:
    return str(pence / 100)
