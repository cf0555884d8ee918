"""One order as tables: its lines, what came back, and the money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.staff.wording import moment, pounds

if TYPE_CHECKING:
    from monolith.ordering.queries import OrderDetail
    from monolith.staff.operated import Table


def tables_of(order: OrderDetail) -> list[Table]:
    """Return the tables for `staff/tables.html`."""
    return [_lines(order), _credit_notes(order)]


def _lines(order: OrderDetail) -> Table:
    return {
        "title": "Lines",
        "headers": [
            "Line",
            "Product",
            "Description",
            "Pieces",
            "Each",
            "Total",
            "Came back",
            "Refunded",
        ],
        "rows": [
            [
                line.position,
                line.stock_code,
                line.description,
                line.quantity,
                pounds(line.unit_price_pence),
                pounds(line.total_pence),
                line.returned_quantity or "",
                pounds(line.refunded_pence) if line.returned_quantity else "",
            ]
            for line in order.lines
        ],
        "empty": "The order has no lines.",
    }


def _credit_notes(order: OrderDetail) -> Table:
    return {
        "title": "Credit notes",
        "headers": ["Number", "Issued", "Pieces", "Refund"],
        "rows": [
            [note.number, moment(note.issued_at), note.item_count, pounds(note.refund_pence)]
            for note in order.credit_notes
        ],
        "empty": "Nothing came back.",
    }
