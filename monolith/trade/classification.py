"""What is a line of trade? Every line has one answer, with a reason a person can read. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from monolith.trade.invoice_lines import InvoiceLine


class Category(StrEnum):
    """Where a line can land."""

    SALE = "sale"
    RETURN_MATCHED = "return matched"
    RETURN_PARTLY_MATCHED = "return partly matched"
    RETURN_UNMATCHED = "return unmatched"
    ORDER_CANCELLED = "order cancelled"
    STOCK_CORRECTION = "stock correction"
    CHARGE = "charge, not goods"
    BAD_DEBT = "bad debt"
    FREE_OF_CHARGE = "free of charge"
    MISSING_DESCRIPTION = "missing description"
    CONTRADICTION = "contradiction"
    REFUSED = "refused by the shop"
    ALREADY_TAKEN_IN = "already taken in"
    EARLIER = "before the period"
    LATER = "after the period"
    NOT_REACHED = "not reached"


class Placement(NamedTuple):
    """One line's place: its category, and why it landed there."""

    category: Category
    reason: str


SALE = Placement(Category.SALE, "goods at a price")
# A return until the orders before it are searched: only then is it known which kind.
RETURN = Placement(Category.RETURN_UNMATCHED, "not yet looked for")

CANCELLED = Placement(Category.ORDER_CANCELLED, "the whole order, before its parcel left")

_CHARGES = {
    "POST": "postage",
    "DOT": "postage of the dot-com shop",
    "C2": "carriage",
    "M": "manual entry",
    "D": "discount",
    "S": "samples",
    "B": "bad debt",
    "PADS": "pads to match cushions",
    "CRUK": "commission of a charity",
    "BANK CHARGES": "bank charges",
    "AMAZONFEE": "market place's fee",
}
_CHARGES_BY_PREFIX = {"GIFT_0001_": "gift voucher", "DCGS": "goods of the dot-com shop"}
# Goods are described in capitals; "found" or "?" is somebody's note.
_STOCK_NOTE = re.compile(r"[A-Z]?[^A-Z]*")


def classify(line: InvoiceLine) -> Placement:
    """Place one line by itself; what `RETURN` undoes is for the sold goods to say."""
    if line.invoice.startswith("A"):
        return Placement(Category.BAD_DEBT, "an invoice that adjusts bad debt")
    charge = charge_of(line.stock_code)
    if charge is not None:
        return Placement(Category.CHARGE, charge)
    if line.quantity == 0 or line.price.pence < 0:
        return Placement(Category.CONTRADICTION, "no pieces, or a price below zero")
    if line.invoice.startswith("C"):
        return _classify_cancellation(line)
    return _classify_unpriced(line) if line.price.pence == 0 else _classify_sale(line)


@lru_cache(maxsize=8192)
def charge_of(stock_code: str) -> str | None:
    """Return what a stock code that is not goods stands for; None for goods."""
    for prefix, charge in _CHARGES_BY_PREFIX.items():
        if stock_code.startswith(prefix):
            return charge
    return _CHARGES.get(stock_code)


def _classify_cancellation(line: InvoiceLine) -> Placement:
    if line.quantity > 0:
        return Placement(Category.CONTRADICTION, "a cancellation that adds pieces")
    if line.price.pence == 0:
        return Placement(Category.CONTRADICTION, "a cancellation without a price")
    return RETURN


def _classify_sale(line: InvoiceLine) -> Placement:
    if line.quantity < 0:
        return Placement(Category.CONTRADICTION, "fewer than no pieces sold at a price")
    if not line.description:
        return Placement(Category.SALE, "goods at a price, without a description")
    return SALE


def _classify_unpriced(line: InvoiceLine) -> Placement:
    if line.quantity < 0:
        why = "written off" if line.description else "written off, nobody says why"
        return Placement(Category.STOCK_CORRECTION, why)
    if line.customer_id is not None:
        return Placement(Category.FREE_OF_CHARGE, "given to a customer")
    if not line.description:
        return Placement(Category.MISSING_DESCRIPTION, "neither price nor description")
    if _STOCK_NOTE.fullmatch(line.description):
        return Placement(Category.STOCK_CORRECTION, "counted in")
    return Placement(Category.FREE_OF_CHARGE, "no price, no customer")
