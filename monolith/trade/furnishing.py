"""What has to be there before an order can be placed: products, prices, customers, stock."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from monolith.catalogue.operations import (
    PriceUnchanged,
    ProductAlreadyListed,
    ProductNotFound,
    StockWouldBeNegative,
    adjust_stock,
    change_price,
    list_product,
)
from monolith.catalogue.queries import get_product, product_ids
from monolith.customers.operations import register_customer
from monolith.customers.queries import known_customer_ids

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.catalogue.operations import OutOfStock
    from monolith.trade.invoice_lines import InvoiceLine
    from monolith.trade.invoices import Invoice
    from monolith.trade.reporting import TradeReport
    from monolith.trade.trade_memory import Plan

_OPENING_STOCK = 200


class Furnishing:
    """Brings the shop to where an invoice needs it; doing so again changes nothing."""

    def __init__(self, report: TradeReport) -> None:
        self._report = report
        self._products: set[str] = set()
        self._customers: set[int] = set()

    def prepare(self, plan: Plan) -> None:
        """Register the customer, list new products and change prices.

        Raises:
            UnknownCountry: the shop does not sell to the customer's country.
        """
        self._register(plan.invoice)
        new = self._unlisted(plan)
        for code in new:
            self._list(code, plan)
        for code, price_pence in plan.price_changes.items():
            if code not in new:
                self._change_price(code, price_pence, plan.invoice.at)

    def deliver(self, shortage: OutOfStock, *, at: datetime, for_invoice: str) -> None:
        """Let a delivery arrive that covers an order, and the next ones."""
        adjust_stock(
            stock_code=shortage.stock_code,
            change=5 * shortage.wanted,
            reason=f"delivery for {for_invoice}",
            adjusted_at=at,
        )
        self._report.count("deliveries of goods that had run out")

    def correct_stock(self, line: InvoiceLine) -> None:
        """Correct the stock by as much of a line as there is on the shelf."""
        try:
            quantity = get_product(stock_code=line.stock_code).stock.quantity
        except ProductNotFound:
            self._report.count("stock corrections of products that the shop never had")
            return
        change = max(line.quantity, -quantity)
        if change == 0:
            self._report.count("stock corrections of empty shelves")
            return
        try:
            adjust_stock(
                stock_code=line.stock_code,
                change=change,
                reason=f"{line.invoice}: {line.description or 'nobody says why'}",
                adjusted_at=line.at,
            )
        except StockWouldBeNegative:
            # Somebody bought some in between: look again.
            self.correct_stock(line)
            return
        self._report.count("stock corrections")

    def _register(self, invoice: Invoice) -> None:
        number = invoice.customer_id
        if number is None or number in self._customers:
            return
        if not known_customer_ids(customer_ids=[number]):
            register_customer(
                email=f"customer-{number}@online-retail.example",
                password=None,
                name=f"Customer {number}",
                country=invoice.country,
                registered_at=invoice.at,
                customer_id=number,
            )
            self._report.count("customers registered")
        self._customers.add(number)

    def _unlisted(self, plan: Plan) -> list[str]:
        unseen = plan.list_prices.keys() - self._products
        listed = product_ids(stock_codes=unseen) if unseen else {}
        self._products |= unseen
        return sorted(unseen - listed.keys())

    def _list(self, code: str, plan: Plan) -> None:
        lines = [line for line in plan.goods if line.stock_code == code]
        wanted = sum(line.quantity for line in lines)
        with suppress(ProductAlreadyListed):
            list_product(
                stock_code=code,
                description=lines[0].description or code,
                price_pence=plan.list_prices[code],
                quantity=max(_OPENING_STOCK, 5 * wanted),
                listed_at=plan.invoice.at,
            )
            self._report.count("products listed")

    def _change_price(self, code: str, price_pence: int, at: datetime) -> None:
        # Withdrawn products keep their price; the order will tell.
        with suppress(PriceUnchanged, ProductNotFound):
            change_price(stock_code=code, price_pence=price_pence, effective_at=at)
            self._report.count("prices changed")
