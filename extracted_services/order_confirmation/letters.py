"""The letter that confirms an order, as text. Pure: who sends it, and how, is no matter here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from event_contracts.customers import Contact
    from event_contracts.order_confirmation import OrderToConfirm
    from event_contracts.ordering import OrderedLine

# The largest order of the old trade has 1,114 lines: nobody reads those in a letter.
MOST_LINES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter; `order_number` tells letters apart, however often one is written."""

    order_number: str
    to: Contact
    subject: str
    body: str


def write_letter(order: OrderToConfirm, *, to: Contact) -> Letter:
    """Write the letter about an order."""
    return Letter(
        order_number=order.order_number,
        to=to,
        subject=f"Your order {order.order_number}",
        body=_body(order, to),
    )


def _body(order: OrderToConfirm, to: Contact) -> str:
    return "\n".join(
        (
            f"Dear {to.name},",
            "",
            f"thank you for your order {order.order_number} of {order.placed_at:%d %B %Y}.",
            "",
            *_items(order.lines),
            "",
            f"Total: {_pounds(order.total_pence)}",
            "",
            "Banyan",
            "",
        )
    )


def _items(lines: tuple[OrderedLine, ...]) -> list[str]:
    shown = [_item(line) for line in lines[:MOST_LINES]]
    left_out = len(lines) - len(shown)
    return shown + ([f"and {left_out} more items"] if left_out else [])


def _item(line: OrderedLine) -> str:
    price = _pounds(line.unit_price_pence)
    cost = _pounds(line.quantity * line.unit_price_pence)
    return f"{line.quantity} x {line.description} at {price}: {cost}"


def _pounds(pence: int) -> str:
    return f"£{pence // 100:,}.{pence % 100:02}"
