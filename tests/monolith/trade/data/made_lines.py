"""Lines of trade as the file writes them, in few words."""

from __future__ import annotations

import csv
import io
from itertools import count

from monolith.trade.invoice_lines import HEADER

DEFAULTS = {
    "InvoiceNo": "1001",
    "StockCode": "11111",
    "Description": "GREEN GLASS GOOSE",
    "Quantity": "2",
    "InvoiceDate": "2011-03-01 09:00:00",
    "UnitPrice": "1.25",
    "CustomerID": "501.0",
    "Country": "United Kingdom",
}
SHORT = dict(
    zip(
        ("invoice", "code", "text", "pieces", "at", "price", "customer", "country"),
        HEADER,
        strict=True,
    )
)


def line(**fields):
    """Return one line's columns; fields are named in short, as in SHORT."""
    given = {SHORT[name]: str(value) for name, value in fields.items()}
    return list((DEFAULTS | given).values())


def text(*lines, header=HEADER):
    """Return lines as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *lines])
    return out.getvalue()


def written(folder, *lines):
    """Write lines as a file and return it."""
    file = folder / "trade.csv"
    file.write_text(text(*lines))
    return file


def busy_days():
    """Return trade in which everything happens that a replay knows, by invoices in order."""
    numbers = count(2001)
    morning = "2011-08-0{} {:02}:{:02}:00"

    def sale(day, hour, minute, *codes, customer="501.0", price="1.25", pieces=3):
        number = next(numbers)
        at = morning.format(day, hour, minute)
        shared = {"invoice": number, "at": at, "customer": customer, "pieces": pieces}
        return [line(code=code, text=f"GOODS {code}", price=price, **shared) for code in codes]

    def undo(number, day, hour, *codes, customer="501.0", pieces=-3):
        shared = {"invoice": f"C{number}", "at": morning.format(day, hour, 30), "pieces": pieces}
        return [line(code=code, customer=customer, **shared) for code in codes]

    return [
        *sale(1, 9, 0, "11111", "22222a"),
        *sale(1, 9, 5, "11111", "33333", customer=""),
        *sale(1, 9, 10, "11111", "11111", customer="502.0", price="1.4"),
        *undo(3001, 1, 10, "11111", "22222A"),
        *sale(1, 11, 0, "11111", "44444", customer="502.0", price="1.4", pieces=700),
        *sale(1, 11, 10, "22222A", "POST", customer="501.0"),
        line(invoice=3002, at="2011-08-01 12:00:00", pieces=-7, price="0.0", customer="", text="?"),
        line(
            invoice=3003, at="2011-08-01 12:01:00", pieces=4, price="0.0", customer="", text="found"
        ),
        line(invoice="A3004", at="2011-08-01 12:02:00", code="B", price="-9.5", customer=""),
        *undo(3005, 2, 9, "44444", "99999", customer="502.0", pieces=-5),
        *undo(3006, 2, 10, "22222A", customer="501.0", pieces=-9),
        *sale(2, 11, 0, "55555", customer="503.0"),
        *undo(3007, 2, 12, "55555", customer="503.0", pieces=-1),
        *sale(2, 16, 0, "11111", customer="503.0", price="1.4"),
        *sale(3, 9, 0, "11111", customer="", price="2.7"),
    ]
