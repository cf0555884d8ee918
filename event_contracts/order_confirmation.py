"""The question "what is there to confirm about this order?" and its answer, by the shop's API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from event_contracts.customers import Contact
from event_contracts.ordering import OrderedLine


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderToConfirm:
    """All that a letter about an order needs; `contact` is None if there is nobody to write to.

    `status` is one of `order_history.ORDER_STATUSES`.
    """

    order_number: str
    placed_at: datetime
    status: str
    lines: tuple[OrderedLine, ...]
    contact: Contact | None

    @property
    def total_pence(self) -> int:
        """What the order costs."""
        return sum(line.quantity * line.unit_price_pence for line in self.lines)
