"""The question "what about this order?" and its answer, whoever gives it.

Who is to get the parcel, and where, is no part of it: no event tells that.
"""

from __future__ import annotations

from dataclasses import dataclass

from event_contracts.ordering import OrderRecord
from event_contracts.streams import customer_stream, guest_order_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetailQuery:
    """Which order, and whose: a customer's, or a guest's (`customer_id` is None).

    `is_next` asks for another one: the customer's order whose number comes next after this number,
    character by character. Whoever walks over all of them begins with no number at all.
    """

    order_number: str
    customer_id: int | None
    is_next: bool = False

    @property
    def stream(self) -> str:
        """The stream on which the order's facts travel."""
        if self.customer_id is None:
            return guest_order_stream(self.order_number)
        return customer_stream(self.customer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetailAnswer:
    """The order as of a version of its stream; None where the stream has no such order."""

    customer_id: int | None
    as_of: int
    order: OrderRecord | None
