"""From events to rows, and from rows to files: one file for each day of each table.

A snapshot of orders is taken apart into the facts that it tells, for those that were never told by
events. Each fact has one name, whoever tells it, so that it counts once.

A crash between any two steps loses nothing and shows nothing twice: files count from the moment at
which the list of files names them, what landed goes after that, and readers look at what landed
before they look at the list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b
from itertools import accumulate, groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    ItemsReturned,
    OrderCancelled,
    OrderDispatched,
    OrderPlaced,
)
from event_contracts.registry import event_type_of
from event_contracts.strangler import HeartbeatSent
from extracted_services.sales_insights.view import (
    FILES,
    DataFile,
    Replaced,
    heard,
    newest,
    row_of,
    rows_of,
    shape_of,
    stage,
    staged_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from event_contracts.envelope import Envelope
    from event_contracts.ordering import OrderRecord
    from extracted_services.sales_insights.view import (
        Lake,
        LandedRow,
        Landing,
        Manifest,
        Partition,
        Row,
    )

PATH = "sales_insights"
"""Whose heartbeats are listened to: those of other paths only wake their own services."""
MOST_LANDED = 2_000
"""Landed objects that one merge takes in."""
FULL_BYTES = 64 * 1024 * 1024
"""A file of this size is left alone; the next events of its partition begin another one."""
READ_FOR = timedelta(hours=1)
"""A replaced file is kept as long as somebody may be reading it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What one merge did; `rows` are those that were new."""

    landed: int = 0
    rows: int = 0
    files: int = 0


def facts_of(envelope: Envelope) -> list[Row]:
    """Turn an event into rows: its own, and those of the facts that a snapshot of orders tells."""
    if isinstance(envelope.data, HeartbeatSent) and envelope.data.path != PATH:
        return []
    if not isinstance(envelope.data, CustomerOrdersSnapshotTaken):
        return [row_of(envelope, fact_id=_name_of(envelope.data))]
    told = [
        row_of(
            replace(envelope, event_type=event_type_of(fact), occurred_at=at, data=fact),
            fact_id=_name_of(fact),
        )
        for order in envelope.data.orders
        for at, fact in _facts_about(order, envelope.data.customer_id)
    ]
    return [row_of(envelope), *told]


def _facts_about(order: OrderRecord, customer_id: int | None) -> Iterator[tuple[datetime, Any]]:
    whose: Any = {
        "order_number": order.order_number,
        "customer_id": customer_id,
        "placed_at": order.placed_at,
    }
    yield (
        order.placed_at,
        OrderPlaced(
            **whose,
            country=order.country,
            lines=order.lines,
            item_count=sum(line.quantity for line in order.lines),
            total_pence=sum(line.quantity * line.unit_price_pence for line in order.lines),
        ),
    )
    if order.dispatched_at is not None:
        yield order.dispatched_at, OrderDispatched(**whose, dispatched_at=order.dispatched_at)
    if order.cancelled_at is not None:
        yield (
            order.cancelled_at,
            OrderCancelled(**whose, cancelled_at=order.cancelled_at, reason=order.cancel_reason),
        )
    refunds = accumulate(note.refund_pence for note in order.returns)
    for note, so_far in zip(order.returns, refunds, strict=True):
        yield (
            note.returned_at,
            ItemsReturned(
                **whose,
                credit_note_number=note.credit_note_number,
                returned_at=note.returned_at,
                lines=note.lines,
                refund_pence=note.refund_pence,
                order_returned_pence=so_far,
            ),
        )


def _name_of(fact: Any) -> str:
    match fact:
        case OrderPlaced() | OrderDispatched() | OrderCancelled():
            return f"{type(fact).__name__}/{fact.order_number}"
        case ItemsReturned():
            return f"{type(fact).__name__}/{fact.order_number}/{fact.credit_note_number}"
    return ""


def merge(lake: Lake, engine: Any, *, now: datetime, full_bytes: int = FULL_BYTES) -> Merged:
    """Take what landed into files; doing so again changes nothing. `engine` is a DuckDB connection.

    Raises:
        ManifestMoved: another merge was faster; nothing was changed.
    """
    manifest, token = lake.read_manifest()
    keys = lake.list_landed(MOST_LANDED)
    landed = lake.read_landed(keys)
    partitions = _by_partition(row for landing in landed for row in landing.rows)
    written, changed = [], manifest
    with TemporaryDirectory(prefix="merging-") as folder:
        for place, group in partitions:
            merging = _Merging(lake, engine, Path(folder), full_bytes)
            file = merging.write(place, group, changed.of(place))
            if file is not None:
                written.append((file, _open_file(changed.of(place), full_bytes)))
    changed = _changed(manifest, written, landed, now)
    if changed != manifest:
        lake.replace_manifest(changed, token)
    for place, _ in partitions:
        lake.list_for_athena(place, changed.of(place))
    lake.take_away([*keys, *_outlived(manifest, now)])
    new = sum(file.rows - (old.rows if old else 0) for file, old in written)
    return Merged(landed=len(keys), rows=new, files=len(written))


@dataclass(frozen=True, slots=True)
class _Merging:
    lake: Lake
    engine: Any
    folder: Path
    full_bytes: int

    def write(
        self, place: Partition, rows: Sequence[LandedRow], files: Sequence[DataFile]
    ) -> DataFile | None:
        """Write a partition's open file anew with these rows; None if it had them all."""
        opened = _open_file(files, self.full_bytes)
        full = [file for file in files if file != opened]
        written = self.folder / "written.parquet"
        count = self._copy(place.table, rows, opened, full, written)
        if count == (opened.rows if opened else 0):
            return None
        key = _key_of(place, rows, opened)
        self.lake.store(written, key)
        return DataFile(
            key=key,
            table=place.table,
            day=place.day,
            rows=count,
            size_bytes=written.stat().st_size,
            shape=shape_of(place.table),
        )

    def _copy(
        self,
        table: str,
        rows: Sequence[LandedRow],
        opened: DataFile | None,
        full: Sequence[DataFile],
        written: Path,
    ) -> int:
        staged = self.folder / "staged.jsonl"
        stage(rows, staged)
        old = rows_of(self.lake, [opened] if opened else [], table)
        elsewhere = rows_of(self.lake, full, table)
        statement = f"""
            COPY (
                SELECT * FROM ({old}) UNION ALL BY NAME
                SELECT * FROM ({staged_rows(staged, table)}) WHERE fact_id NOT IN (
                    SELECT fact_id FROM ({old}) UNION ALL SELECT fact_id FROM ({elsewhere})
                ) ORDER BY occurred_at, fact_id
            ) TO '{written}' (FORMAT parquet, COMPRESSION zstd)
        """  # noqa: S608
        (count,) = self.engine.execute(statement).fetchone()
        return int(count)


def _by_partition(rows: Iterable[LandedRow]) -> list[tuple[Partition, list[LandedRow]]]:
    def name(row: LandedRow) -> tuple[str, str]:
        return row.place.table, row.place.day

    groups = [list(group) for _, group in groupby(sorted(rows, key=name), key=name)]
    return [(group[0].place, group) for group in groups]


def _open_file(files: Sequence[DataFile], full_bytes: int) -> DataFile | None:
    return next((file for file in files if file.size_bytes < full_bytes), None)


def _key_of(place: Partition, rows: Iterable[LandedRow], opened: DataFile | None) -> str:
    """Name a file after what it was made from: made again, it is the same file."""
    digest = blake2b((opened.key if opened else "").encode(), digest_size=16)
    for fact_id in sorted({row.fact_id for row in rows}):
        digest.update(fact_id.encode())
    return f"{FILES}{place.table}/day={place.day}/{digest.hexdigest()}.parquet"


def _changed(
    manifest: Manifest,
    written: Sequence[tuple[DataFile, DataFile | None]],
    landed: Sequence[Landing],
    now: datetime,
) -> Manifest:
    gone = {old.key for _, old in written if old is not None}
    kept = [file for file in manifest.files if file.key not in gone]
    still_read = [each for each in manifest.replaced if each.key not in _outlived(manifest, now)]
    return replace(
        manifest,
        files=tuple(sorted([*kept, *(file for file, _ in written)], key=lambda file: file.key)),
        replaced=(*still_read, *(Replaced(key=key, replaced_at=now) for key in sorted(gone))),
        recorded_until=newest(manifest, landed),
        heard=heard(manifest, landed),
    )


def _outlived(manifest: Manifest, now: datetime) -> list[str]:
    return [each.key for each in manifest.replaced if each.replaced_at < now - READ_FOR]
