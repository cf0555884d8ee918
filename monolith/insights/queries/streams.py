"""Which streams are there of which reports tell: those that hold orders, and the products'?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from event_contracts.streams import CUSTOMER, GUEST_ORDER, PRODUCT, stream_key, stream_kind

if TYPE_CHECKING:
    from collections.abc import Collection

_STREAMS = f"""
SELECT stream FROM (
    SELECT DISTINCT '{CUSTOMER}/' || customer_id AS stream FROM ordering_order
    WHERE customer_id IS NOT NULL
    UNION ALL
    SELECT '{GUEST_ORDER}/' || number FROM ordering_order WHERE customer_id IS NULL
    UNION ALL
    SELECT '{PRODUCT}/' || stock_code FROM catalogue_product
) AS streams
"""  # noqa: S608 - names of ours
_KNOWN = f"""
SELECT '{CUSTOMER}/' || customer_id FROM ordering_order WHERE customer_id = ANY(%(customers)s)
UNION
SELECT '{GUEST_ORDER}/' || number FROM ordering_order
WHERE number = ANY(%(guests)s) AND customer_id IS NULL
UNION
SELECT '{PRODUCT}/' || stock_code FROM catalogue_product WHERE stock_code = ANY(%(products)s)
"""  # noqa: S608


def list_streams(after: str, limit: int) -> list[str]:
    """List streams in the order of their bytes, behind one of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f'{_STREAMS} WHERE stream COLLATE "C" > %s ORDER BY stream COLLATE "C" LIMIT %s',
            [after, limit],
        )
        return [stream for (stream,) in cursor.fetchall()]


def known_streams(streams: Collection[str]) -> set[str]:
    """Return which of these streams there are."""
    keys: dict[str, list[str]] = {CUSTOMER: [], GUEST_ORDER: [], PRODUCT: []}
    for stream in streams:
        keys[stream_kind(stream)].append(stream_key(stream))
    customers = list(map(int, keys[CUSTOMER]))
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWN,
            {"customers": customers, "guests": keys[GUEST_ORDER], "products": keys[PRODUCT]},
        )
        return {stream for (stream,) in cursor.fetchall()}


def count_streams() -> int:
    """Count them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_STREAMS}) AS counted")  # noqa: S608
        return int(cursor.fetchone()[0])
