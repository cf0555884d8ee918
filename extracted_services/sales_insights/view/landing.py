"""What lands: the facts of a batch as lines of JSON, in one object, until they are merged."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from event_contracts.customers import Contact
from event_contracts.registry import EVENT_TYPES
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import NOBODY, customer_stream
from extracted_services.sales_insights.view.tables import OTHERS, Partition, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from event_contracts.envelope import Envelope
    from extracted_services.sales_insights.view.tables import Manifest

LANDING = "landing/"
_HEARTBEAT, _NOBODYS_STREAM = EVENT_TYPES[HeartbeatSent], customer_stream(NOBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fact, as its table keeps it: instants are UTC, without saying so.

    `fact_id` is the same whoever tells the fact: its event, or a snapshot taken after it.
    """

    place: Partition
    values: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LandedRow:
    """One fact as it landed: its values are JSON yet."""

    place: Partition
    fact_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """What one object holds that landed: facts, when the newest of all was recorded, and `heard`.

    A sign of life is no fact: only how far they have come is told, in the version of their stream.
    """

    rows: tuple[LandedRow, ...]
    recorded_until: datetime
    heard: int


def row_of(envelope: Envelope, *, fact_id: str = "") -> Row:
    """Turn an event into the row of its table; it is a fact of its own unless told otherwise."""
    values = {
        "fact_id": fact_id or str(envelope.event_id),
        "event_id": str(envelope.event_id),
        "event_type": envelope.event_type,
        "stream": envelope.stream,
        "version": envelope.version,
        "occurred_at": envelope.occurred_at,
        "recorded_at": envelope.recorded_at or envelope.occurred_at,
    }
    table = table_of(envelope.event_type)
    data = _plain(envelope.data) if table != OTHERS else {}
    plain = {name: _plain(value) for name, value in values.items()} | data
    return Row(place=Partition(table=table, day=plain["occurred_at"][:10]), values=plain)


def landing_of(rows: Iterable[Row]) -> tuple[str, str]:
    """Return the key and the text of an object that holds these rows: the same rows, the same key.

    They are lines of JSON, whatever their tables: one object a batch, however many partitions.
    """
    lines = [
        json.dumps([row.place.table, row.place.day, row.values], ensure_ascii=False) for row in rows
    ]
    text = "".join(f"{line}\n" for line in sorted(lines))
    return f"{LANDING}{blake2b(text.encode(), digest_size=16).hexdigest()}.jsonl", text


def read_landing(text: str) -> Landing:
    """Read a landed object back."""
    rows, recorded_at, heard = [], "", 0
    for line in text.splitlines():
        table, day, values = json.loads(line)
        recorded_at = max(recorded_at, values["recorded_at"])
        if values["stream"] == _NOBODYS_STREAM:
            heard = max(heard, values["version"])
        if values["event_type"] != _HEARTBEAT:
            place = Partition(table=table, day=day)
            # Neither a table's name nor a day has a brace in it.
            values_text = line[line.index("{") : -1]
            rows.append(LandedRow(place=place, fact_id=values["fact_id"], text=values_text))
    recorded_until = datetime.fromisoformat(recorded_at).replace(tzinfo=UTC)
    return Landing(rows=tuple(rows), recorded_until=recorded_until, heard=heard)


def stage(rows: Iterable[LandedRow], file: Path) -> None:
    """Write rows of one table to a local file, from which DuckDB reads them."""
    with file.open("w") as lines:
        lines.writelines(f"{row.text}\n" for row in rows)


def newest(manifest: Manifest, landed: Iterable[Landing]) -> datetime | None:
    """Return when the newest of all these events was recorded."""
    known = [manifest.recorded_until] if manifest.recorded_until else []
    return max([*known, *(landing.recorded_until for landing in landed)], default=None)


def heard(manifest: Manifest, landed: Iterable[Landing]) -> int:
    """Return the version that the stream of heartbeats has come to; 0 before the first one."""
    return max([manifest.heard, *(landing.heard for landing in landed)])


def _is_contact(value: Any) -> bool:
    return isinstance(value, Contact)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    if is_dataclass(value) and not isinstance(value, type):
        values = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(each) for name, each in values.items() if not _is_contact(each)}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
