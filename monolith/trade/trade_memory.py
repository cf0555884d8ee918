"""What has to be remembered of earlier invoices to know what the next one means? Pure.

It is not stored: the next run reads the file again from its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.trade.list_prices import ListPrices
from monolith.trade.reversals import Settlement, settle
from monolith.trade.sold_goods import SoldGoods, goods_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice


@dataclass(frozen=True, slots=True)
class Plan:
    """What an invoice asks of the shop; prices in pence by stock code."""

    invoice: Invoice
    goods: tuple[InvoiceLine, ...]
    list_prices: Mapping[str, int]
    price_changes: Mapping[str, int]
    settlement: Settlement


class TradeMemory:
    """What was sold and what it cost, up to the invoice planned last."""

    def __init__(self) -> None:
        self._sold = SoldGoods()
        self._prices = ListPrices()

    def plan(self, invoice: Invoice) -> Plan:
        """Say what an invoice means; to be called once for each, in the order of trade."""
        changes = self.see_prices(invoice)
        goods = tuple(goods_of(invoice))
        return Plan(
            invoice=invoice,
            goods=goods,
            list_prices={line.stock_code: self._prices.current(line.stock_code) for line in goods},
            price_changes=changes,
            settlement=settle(invoice, self._sold),
        )

    def see_prices(self, invoice: Invoice) -> dict[str, int]:
        """Note prices only, of an invoice not taken in; return those that change."""
        changes = {}
        for line in goods_of(invoice):
            price_pence = self._prices.observe(line)
            if price_pence is not None:
                changes[line.stock_code] = price_pence
        return changes

    def note_placed(self, invoice: Invoice) -> None:
        """Note that an invoice became an order, whose goods may come back."""
        self._sold.add(invoice)
