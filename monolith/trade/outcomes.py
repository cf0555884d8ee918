"""Where did the lines of a replayed invoice land, given what the shop made of it? Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monolith.trade.classification import RETURN, Category, Placement, classify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.trade_memory import Plan


@dataclass(slots=True)
class Outcome:
    """What became of one invoice; refusals are named by the error."""

    is_order: bool = False
    order_refusal: str = "in an earlier attempt"
    cancelled: set[str] = field(default_factory=set)
    return_refusals: dict[str, str] = field(default_factory=dict)

    def placements(self, plan: Plan) -> Iterator[tuple[InvoiceLine, Placement]]:
        """Place every line of the invoice."""
        for line in plan.invoice.lines:
            placement = classify(line)
            if placement is not RETURN:
                yield line, self._placement(placement)
        for line, match in plan.settlement.matches:
            refused = [
                self.return_refusals[taken.invoice]
                for taken in match.taken_back
                if taken.invoice in self.return_refusals
            ]
            if refused:
                yield line, Placement(Category.REFUSED, f"return, {refused[0]}")
            else:
                yield line, match.placement_given(self.cancelled)

    def _placement(self, placement: Placement) -> Placement:
        if placement.category is Category.SALE and not self.is_order:
            return Placement(Category.REFUSED, f"order, {self.order_refusal}")
        return placement
