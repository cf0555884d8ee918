"""A trace of a local shop as a tree: the monolith's spans, and those in the services' log."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import timedelta
    from pathlib import Path

_FILES = ("spans.jsonl", "lambda-host.log")
# What is worth telling of a span beside its name, in this order.
_REMARKS = ("http.response.status_code", "outbox.outcome")


class NothingRecorded(Exception):
    """No shop that records traces has run from this state folder."""


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a trace. A parent that is not at hand is somebody else's: the caller's."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    service: str
    started_at: datetime
    ended_at: datetime
    status: str
    attributes: dict[str, Any]


_PLAIN = tuple(name for name in Span.__slots__ if not name.endswith("_at"))


def find_spans(logs: Path, wanted: str) -> list[Span]:
    """Return the spans of the traces that have this id, or that carry the event with this id.

    Raises:
        NothingRecorded: the folder holds no spans at all.
    """
    if not (logs / _FILES[0]).exists():
        raise NothingRecorded(f"there is no {_FILES[0]} in {logs}")
    named = list(_spans_that_mention(logs, wanted))
    trace_ids = {s.trace_id for s in named if wanted in (s.trace_id, _event_id(s))}
    return [
        span
        for trace_id in sorted(trace_ids)
        for span in _spans_that_mention(logs, trace_id)
        if span.trace_id == trace_id
    ]


def draw(spans: Iterable[Span]) -> list[str]:
    """Draw traces as text, a line per span: after how long, for how long, where, what."""
    traces: defaultdict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.started_at):
        traces[span.trace_id].append(span)
    return [line for trace in traces.values() for line in _draw_trace(trace)]


def _draw_trace(spans: list[Span]) -> Iterator[str]:
    known = {span.span_id for span in spans}
    children: defaultdict[str | None, list[Span]] = defaultdict(list)
    for span in spans:
        parent = span.parent_span_id
        children[parent if parent in known else None].append(span)
    yield f"trace {spans[0].trace_id}"
    waiting = [(root, 0) for root in reversed(children[None])]
    while waiting:
        span, depth = waiting.pop()
        yield _draw_span(span, depth, span.started_at - spans[0].started_at)
        waiting += [(child, depth + 1) for child in reversed(children[span.span_id])]


def _draw_span(span: Span, depth: int, after: timedelta) -> str:
    name = f"{'  ' * depth}{span.name}"
    times = f"{_milliseconds(after):>10}{_milliseconds(span.ended_at - span.started_at):>12}"
    return f"{times}  {span.service:<16}{name}  {_remark(span)}".rstrip()


def _remark(span: Span) -> str:
    told = [str(span.attributes[name]) for name in _REMARKS if name in span.attributes]
    if "outbox.stream" in span.attributes:
        told.append(f"{span.attributes['outbox.stream']}@{span.attributes['outbox.version']}")
    return " ".join([*told, *(["ERROR"] if span.status == "error" else [])])


def _milliseconds(time: timedelta) -> str:
    return f"{time.total_seconds() * 1000:.1f} ms"


def _event_id(span: Span) -> str | None:
    return span.attributes.get("messaging.message.id")


def _spans_that_mention(logs: Path, text: str) -> Iterator[Span]:
    for path in (logs / name for name in _FILES):
        if path.exists():
            with path.open(errors="replace") as lines:
                yield from (span for line in lines if text in line and (span := _read(line)))


def _read(line: str) -> Span | None:
    # The Lambda host says before each line whose it is. What is being written may be half a line.
    try:
        found = json.loads(line[line.index("{") :])
        found = found.get("span", found)
        return Span(
            started_at=datetime.fromisoformat(found["started_at"]),
            ended_at=datetime.fromisoformat(found["ended_at"]),
            **{name: found[name] for name in _PLAIN},
        )
    except (ValueError, KeyError, AttributeError):
        return None
