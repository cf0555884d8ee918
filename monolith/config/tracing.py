"""Whether this process records traces, and where they go: a collector, a local file, or nowhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from opentelemetry import trace

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

_LOCAL_DELAY_MILLISECONDS = 1000


def start(service: str) -> None:
    """Record this process's traces from now on, if there is anywhere to send them.

    A second call changes nothing. Spans leave in a thread: call this after a fork where possible;
    children of a later one start a thread of their own.
    """
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    processor = _processor()
    if processor is not None:
        _provide(service, processor)


def _processor() -> SpanProcessor | None:
    if settings.TRACES_ENDPOINT:
        return _to_collector()
    return _to_file(settings.TRACES_FILE) if settings.TRACES_FILE else None


# The SDK and the exporter take a third of a second to import: who records nothing does without.
def _provide(service: str, processor: SpanProcessor) -> None:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(settings.TRACES_RATIO)),
        resource=Resource.create({"service.name": service, "service.namespace": "banyan"}),
    )
    provider.add_span_processor(processor)
    trace.set_tracer_provider(provider)


def _to_collector() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())


def _to_file(path: Path) -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    path.parent.mkdir(parents=True, exist_ok=True)
    # Several processes append: a line leaves in one piece.
    out = path.open("a", buffering=1)
    return BatchSpanProcessor(
        ConsoleSpanExporter(out=out, formatter=line_of),
        schedule_delay_millis=_LOCAL_DELAY_MILLISECONDS,
    )


def line_of(span: ReadableSpan) -> str:
    """Write a span as a line of JSON, in the shape that the services' log lines have as `span`."""
    context = span.get_span_context() or trace.INVALID_SPAN_CONTEXT
    fields: dict[str, Any] = {
        "trace_id": trace.format_trace_id(context.trace_id),
        "span_id": trace.format_span_id(context.span_id),
        "parent_span_id": trace.format_span_id(span.parent.span_id) if span.parent else None,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "service": span.resource.attributes.get("service.name"),
        "started_at": _instant(span.start_time),
        "ended_at": _instant(span.end_time),
        "status": span.status.status_code.name.lower(),
        "attributes": dict(span.attributes or {}),
    }
    return json.dumps(fields, separators=(",", ":")) + "\n"


def _instant(nanoseconds: int | None) -> str:
    return datetime.fromtimestamp((nanoseconds or 0) / 1e9, UTC).isoformat(timespec="microseconds")
