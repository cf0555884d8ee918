"""Envelopes to CloudEvents 1.0 in structured JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from event_contracts.envelope import Envelope
from event_contracts.plain_values import (
    MalformedValue,
    from_plain,
    read_instant,
    to_plain,
    write_instant,
)
from event_contracts.registry import event_class_of, is_snapshot
from event_contracts.streams import stream_kind

SOURCE = "/banyan/shop"
_write = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_SOURCE = _write(SOURCE)
Fetch = Callable[[str, UUID], str]
"""Gets the data of an event, as JSON, by its `dataref` and its id."""


class MalformedEvent(Exception):
    """The text is not an event of ours; the message says what is wrong and where."""


def encode(envelope: Envelope) -> str:
    """Write an envelope as a CloudEvent: `subject` is the stream, `sequence` its version."""
    head, tail = encode_around(
        event_id=envelope.event_id,
        event_type=envelope.event_type,
        stream=envelope.stream,
        occurred_at=envelope.occurred_at,
        data=to_plain(envelope.data),
        recorded_at=envelope.recorded_at,
        traceparent=envelope.traceparent,
    )
    return f"{head}{envelope.version}{tail}"


def encode_around(
    *,
    event_id: UUID,
    event_type: str,
    stream: str,
    occurred_at: datetime,
    data: Any,
    recorded_at: datetime | None,
    traceparent: str | None,
) -> tuple[str, str]:
    """Write an envelope whose version is not known yet: what stands before it and after it.

    `data` is what `to_plain` made of the fact.
    """
    # Piece by piece: every business transaction pays for this, and a dictionary costs double.
    subject = _write(stream)
    head = (
        f'{{"specversion":"1.0","id":"{event_id}","type":{_write(event_type)},'
        f'"source":{_SOURCE},"subject":{subject},"time":"{write_instant(occurred_at)}",'
        f'"datacontenttype":"application/json","partitionkey":{subject},"sequence":"'
    )
    recorded = f'"recordedtime":"{write_instant(recorded_at)}",' if recorded_at else ""
    trace = f'"traceparent":{_write(traceparent)},' if traceparent else ""
    return head, f'",{recorded}{trace}"data":{_write(data)}}}'


def decode(
    text: str,
    *,
    reads: Collection[str] | None = None,
    snapshots: Collection[str] | None = None,
    fetch: Fetch | None = None,
) -> Envelope:
    """Read an envelope back.

    `reads` names the apps whose facts matter to this reader. A fact of any other app counts for the
    stream's version only: its `data` is None, and its type need not be registered. So an app may
    publish a new fact before every reader of the stream has been deployed again.

    `snapshots` names the types of snapshots that this reader takes over. Any other is read without
    `data` as well, whether or not this reader was deployed before there was such a snapshot.

    `fetch` is asked for data that matters and is not in the text, only referred to by `dataref`;
    what it raises is raised.

    Raises:
        MalformedEvent: not JSON, an attribute is missing, the data breaks its contract, or it is
            elsewhere and there is no `fetch`.
        UnknownEvent: the event's type is not in the registry.
    """
    attributes = _attributes(text)
    event_type = _text(attributes, "type")
    cls = event_class_of(event_type) if _matters(event_type, reads, snapshots) else None
    try:
        return Envelope(
            event_id=UUID(_text(attributes, "id")),
            event_type=event_type,
            stream=_stream(attributes),
            version=int(_text(attributes, "sequence")),
            occurred_at=read_instant(attributes.get("time"), "time"),
            data=from_plain(cls, _data(attributes, fetch), where="data") if cls else None,
            recorded_at=_find_instant(attributes, "recordedtime"),
            traceparent=_text(attributes, "traceparent") if "traceparent" in attributes else None,
        )
    except (MalformedValue, ValueError) as error:
        raise MalformedEvent(f"{event_type} {attributes.get('id')}: {error}") from error


def _matters(
    event_type: str, reads: Collection[str] | None, snapshots: Collection[str] | None
) -> bool:
    if is_snapshot(event_type) and snapshots is not None:
        return event_type in snapshots
    return reads is None or event_type.partition(".")[0] in reads


def _attributes(text: str) -> dict[str, Any]:
    try:
        attributes = json.loads(text)
    except ValueError as error:
        raise MalformedEvent(f"not JSON: {error}") from error
    if not isinstance(attributes, dict):
        raise MalformedEvent(f"expected a CloudEvent object, got {type(attributes).__name__}")
    return attributes


def _data(attributes: dict[str, Any], fetch: Fetch | None) -> Any:
    if "data" in attributes or "dataref" not in attributes:
        return attributes.get("data")
    dataref = _text(attributes, "dataref")
    if fetch is None:
        raise MalformedValue(f"data: not here, but at {dataref}; nothing was given to fetch it")
    return json.loads(fetch(dataref, UUID(_text(attributes, "id"))))


def _text(attributes: dict[str, Any], name: str) -> str:
    value = attributes.get(name)
    if not isinstance(value, str):
        raise MalformedEvent(f"{name}: expected text, got {value!r}")
    return value


def _find_instant(attributes: dict[str, Any], name: str) -> datetime | None:
    return read_instant(attributes[name], name) if name in attributes else None


def _stream(attributes: dict[str, Any]) -> str:
    stream = _text(attributes, "subject")
    stream_kind(stream)
    return stream
