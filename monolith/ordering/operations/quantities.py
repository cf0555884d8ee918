"""How many pieces one may ask for."""

from __future__ import annotations

LARGEST_QUANTITY = 1_000_000


class InvalidQuantity(Exception):
    """A quantity is not a positive number of pieces, or beyond what anybody could mean."""

    def __init__(self, quantity: int) -> None:
        super().__init__(f"{quantity} is not between 1 and {LARGEST_QUANTITY:,} pieces")


def check_quantity(quantity: int) -> None:
    """Refuse a quantity that nobody can order or return.

    Raises:
        InvalidQuantity: it is out of range.
    """
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise InvalidQuantity(quantity)
