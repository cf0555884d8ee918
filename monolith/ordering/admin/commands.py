"""Running operations on orders for staff: each in its own transaction, refusals by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib import messages

from monolith.ordering import operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

    from monolith.ordering.models import Order

REFUSALS = (
    operations.EmptyReturn,
    operations.IdempotencyKeyReused,
    operations.OrderAlreadyCancelled,
    operations.OrderAlreadyDispatched,
    operations.OrderNotDispatched,
    operations.OrderNotFound,
    operations.ReturnExceedsOrder,
)


@dataclass(slots=True)
class Outcome:
    """What became of several orders: which are done, and why the others were not."""

    done: list[Order] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def tell(self, request: HttpRequest, verb: str) -> None:
        """Tell the member of staff, in messages of the next page."""
        if self.done:
            messages.success(
                request, f"{verb.capitalize()}: {', '.join(order.number for order in self.done)}."
            )
        if self.refused:
            messages.error(request, f"Not {verb}: {'; '.join(self.refused)}.")


def run_each(orders: Iterable[Order], operation: Callable[[str], object]) -> Outcome:
    """Run an operation on each order; a refusal of one leaves the others done."""
    outcome = Outcome()
    for order in orders:
        try:
            operation(order.number)
        except REFUSALS as refusal:
            outcome.refused.append(str(refusal))
        else:
            outcome.done.append(order)
    return outcome
