"""Names of streams: the unit whose order matters. One FIFO topic carries each kind of stream."""

from __future__ import annotations

ANNOUNCEMENT = "announcement"
BASKET = "basket"
CUSTOMER = "customer"
GUEST_ORDER = "guest-order"
PRODUCT = "product"
STREAM_KINDS = (ANNOUNCEMENT, BASKET, CUSTOMER, GUEST_ORDER, PRODUCT)

NOBODY = 2**63 - 1
"""A customer id that is never given to anybody: heartbeats travel on its stream."""

NO_PRODUCT = "-NOBODY"
"""A stock code that is never given to a product, for the same reason."""


def basket_stream(basket_id: int) -> str:
    """Name the stream of one basket, whoever fills it."""
    return f"{BASKET}/{basket_id}"


def customer_stream(customer_id: int) -> str:
    """Name the stream of a customer's own facts and of all their orders."""
    return f"{CUSTOMER}/{customer_id}"


def guest_order_stream(order_number: str) -> str:
    """Name the stream of an order that nobody signed in for."""
    return f"{GUEST_ORDER}/{order_number}"


def product_stream(stock_code: str) -> str:
    """Name the stream of one product."""
    return f"{PRODUCT}/{stock_code}"


def announcement_stream(order_number: str) -> str:
    """Name the stream of an order's announcement, which is all that there is in it.

    Apart from the streams that carry the facts: whoever takes one of those whole hears no more.
    """
    return f"{ANNOUNCEMENT}/{order_number}"


def stream_kind(stream: str) -> str:
    """Return the kind of a stream, which chooses its topic.

    Raises:
        ValueError: the name is not `<known kind>/<key>`.
    """
    kind, slash, key = stream.partition("/")
    if kind not in STREAM_KINDS or not slash or not key:
        msg = (
            f"not a stream name: {stream!r} (expected one of {', '.join(STREAM_KINDS)}, then /key)"
        )
        raise ValueError(msg)
    return kind


def stream_key(stream: str) -> str:
    """Return what follows the kind: an id, an order number or a stock code."""
    return stream.partition("/")[2]
