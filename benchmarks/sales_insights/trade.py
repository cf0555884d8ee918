"""A year of made-up trade, written by DuckDB straight into the files that merges would make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from extracted_services.sales_insights.view import FILES, DataFile, Manifest, columns_of, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_DAY, UNTIL_DAY = date(2025, 1, 1), date(2026, 1, 1)
DAYS = (UNTIL_DAY - FIRST_DAY).days
PRODUCTS, CUSTOMERS, COUNTRIES = 4_000, 200_000, 40
SHARES = {
    "ordering_basket_line_added_v1": 0.4424,
    "ordering_basket_line_removed_v1": 0.06,
    "ordering_basket_checked_out_v1": 0.08,
    "ordering_order_placed_v1": 0.15,
    "ordering_order_dispatched_v1": 0.14,
    "ordering_order_cancelled_v1": 0.01,
    "ordering_items_returned_v1": 0.02,
    "catalogue_product_sold_out_v1": 0.048,
    "catalogue_product_became_available_v1": 0.048,
    "catalogue_price_changed_v1": 0.0012,
    "catalogue_product_listed_v1": 0.0004,
}
"""Which part of all events is of which table."""

_PLACED_AT = "placed_at(n)"
_MACROS = f"""
CREATE OR REPLACE MACRO pick(n, salt, of) AS CAST(hash(n * 31 + salt) % of AS BIGINT);
CREATE OR REPLACE MACRO product(n) AS 'P' || n;
CREATE OR REPLACE MACRO placed_at(n) AS TIMESTAMP '{FIRST_DAY}'
    + to_microseconds(CAST(n AS BIGINT) * {{step_us}});
CREATE OR REPLACE MACRO line(n, x) AS {{{{
    'stock_code': product(pick(n, x, {PRODUCTS})), 'description': 'A THING OF GLASS',
    'quantity': 1 + pick(n, 7 + x, 12), 'unit_price_pence': 95 + pick(n, 13 + x, 900)
}}}};
CREATE OR REPLACE MACRO bought(n) AS
    list_transform(range(1 + pick(n, 5, 5)), lambda x: line(n, x));
"""
_WHOSE = f"""'B' || n AS order_number,
    CASE WHEN n % 6 = 0 THEN NULL ELSE 1 + pick(n, 3, {CUSTOMERS}) END AS customer_id,
    {_PLACED_AT} AS placed_at"""
_ROWS = {
    "ordering_order_placed_v1": (
        (f"{_WHOSE}, 'Country ' || pick(n, 2, {COUNTRIES}) AS country, bought(n) AS lines, "
        "list_sum(list_transform(bought(n), lambda l: l.quantity)) AS item_count, "
        "list_sum(list_transform(bought(n), lambda l: l.quantity * l.unit_price_pence)) "
        "AS total_pence"),
        _PLACED_AT,
    ),
    "ordering_order_dispatched_v1": (
        f"{_WHOSE}, {_PLACED_AT} + to_minutes(60 + pick(n, 4, 5000)) AS dispatched_at",
        "dispatched_at",
    ),
    "ordering_order_cancelled_v1": (
        f"{_WHOSE}, {_PLACED_AT} + to_minutes(pick(n, 4, 600)) AS cancelled_at, '' AS reason",
        "cancelled_at",
    ),
    "ordering_items_returned_v1": (
        (f"{_WHOSE}, 'CN' || n AS credit_note_number, "
        f"{_PLACED_AT} + to_hours(200 + pick(n, 4, 900)) AS returned_at, "
        "[{'stock_code': bought(n)[1].stock_code, 'quantity': 1, 'refund_pence': 250}] AS lines, "
        "CAST(250 AS BIGINT) AS refund_pence, CAST(250 AS BIGINT) AS order_returned_pence"),
        "returned_at",
    ),
    "ordering_basket_line_added_v1": (
        ("n // 5 AS basket_id, CAST(NULL AS BIGINT) AS customer_id, "
        f"product(pick(n, 1, {PRODUCTS})) AS stock_code, CAST(1 AS BIGINT) AS added_quantity, "
        f"CAST(1 AS BIGINT) AS quantity, {_PLACED_AT} AS added_at"),
        _PLACED_AT,
    ),
    "ordering_basket_line_removed_v1": (
        ("n AS basket_id, CAST(NULL AS BIGINT) AS customer_id, "
        f"product(pick(n, 1, {PRODUCTS})) AS stock_code, CAST(1 AS BIGINT) AS removed_quantity, "
        f"{_PLACED_AT} + to_minutes(5) AS removed_at"),
        "removed_at",
    ),
    "ordering_basket_checked_out_v1": (
        ("n AS basket_id, CAST(NULL AS BIGINT) AS customer_id, 'B' || n AS order_number, "
        "CAST(3 AS BIGINT) AS line_count, CAST(9 AS BIGINT) AS item_count, "
        f"{_PLACED_AT} + to_minutes(9) AS checked_out_at"),
        "checked_out_at",
    ),
    "catalogue_product_listed_v1": (
        ("product(n) AS stock_code, 'A THING OF GLASS' AS description, "
        "CAST(250 AS BIGINT) AS price_pence, true AS is_available, "
        f"TIMESTAMP '{FIRST_DAY}' AS listed_at"),
        "listed_at",
    ),
    "catalogue_price_changed_v1": (
        (f"product(n % {PRODUCTS}) AS stock_code, CAST(250 AS BIGINT) AS old_price_pence, "
        f"95 + pick(n, 9, 900) AS new_price_pence, {_PLACED_AT} AS effective_at"),
        "effective_at",
    ),
    "catalogue_product_sold_out_v1": (
        f"product(n % {PRODUCTS}) AS stock_code, {_PLACED_AT} AS sold_out_at", "sold_out_at",
    ),
    "catalogue_product_became_available_v1": (
        f"product(n % {PRODUCTS}) AS stock_code, {_PLACED_AT} + to_minutes(90) AS available_at",
        "available_at",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made: the list of the files, and how many events are in them."""

    manifest: Manifest
    events: int


def make(engine: Any, folder: Path, *, events: int) -> Made:
    """Write about so many events below a folder, one file for each day of each table."""
    engine.execute("SET threads = 1")  # each thread would write a file of its own
    made = sum(_write(engine, folder, table, events) for table in SHARES)
    engine.execute("RESET threads")
    files = tuple(_files(folder))
    recorded_until = datetime(UNTIL_DAY.year, 1, 2, tzinfo=UTC)
    return Made(manifest=Manifest(files=files, recorded_until=recorded_until), events=made)


def _write(engine: Any, folder: Path, table: str, events: int) -> int:
    count = max(DAYS, int(events * SHARES[table]))
    engine.execute(_MACROS.format(step_us=DAYS * 86_400_000_000 // count))
    values, happened_at = _ROWS[table]
    (folder / FILES).mkdir(parents=True, exist_ok=True)
    written = engine.execute(
        f"""
        COPY (
            SELECT {", ".join(f'"{name}"' for name, _ in columns_of(table))},
                   CAST(occurred_at AS DATE) AS day
            FROM (
                SELECT *, {happened_at} AS occurred_at, {happened_at} AS recorded_at
                FROM (
                    SELECT n, '{table}/' || n AS fact_id, '{table}/' || n AS event_id,
                           '{table}' AS event_type, {_stream(table)} AS stream,
                           {_version(table)} AS version,
                           {values}
                    FROM (SELECT CAST(range AS BIGINT) AS n FROM range({count})) AS numbers
                ) AS facts
            ) AS made
            WHERE occurred_at < TIMESTAMP '{UNTIL_DAY}'
        ) TO '{folder / FILES / table}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))
        """  # noqa: S608 - names and numbers of its own
    )
    (rows,) = written.fetchone()
    return int(rows)


def _stream(table: str) -> str:
    if table == "ordering_basket_line_added_v1":
        return "'basket/' || (n // 5)"
    if table == "catalogue_product_listed_v1":
        return "'product/' || product(n)"
    return "'basket/' || n" if "basket" in table else "'some/' || n"


def _version(table: str) -> str:
    # An order is all that there is in its stream, and a product's stream begins with its listing;
    # baskets have many facts.
    is_order = table.startswith("ordering_") and "basket" not in table
    is_first = is_order or table == "catalogue_product_listed_v1"
    return "CAST(1 AS BIGINT)" if is_first else "n"


def _files(folder: Path) -> Iterator[DataFile]:
    for path in sorted((folder / FILES).rglob("*.parquet")):
        yield DataFile(
            key=str(path.relative_to(folder)),
            table=path.parents[1].name,
            day=path.parent.name.removeprefix("day="),
            rows=0,  # no question asks
            size_bytes=path.stat().st_size,
            shape=shape_of(path.parents[1].name),
        )
