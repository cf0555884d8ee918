"""Traces go on through the outbox: W3C text with each event, a span for each publication of it.

OpenTelemetry's API alone is needed. Without a provider of the application's, nothing is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self
    from uuid import UUID

    from opentelemetry.context import Context

    from monolith.outbox.messages import Message

_TRACEPARENT = "traceparent"
_W3C = TraceContextTextMapPropagator()
_NO_PROVIDERS = (trace.ProxyTracerProvider, trace.NoOpTracerProvider)


def current_traceparent() -> str | None:
    """Return the current span as W3C text, or None outside of a trace."""
    return _text_of(None)


class Publication:
    """One call to the broker; each event of a trace has a span as long as the block.

    `batch` is what to send: each message carries its span's traceparent, or the event's own where
    there is no span, so that consumers go on from there.
    """

    def __init__(self, batch: Sequence[Message]) -> None:
        self._spans: dict[UUID, trace.Span] = {}
        self.batch = list(batch)
        provider = trace.get_tracer_provider()
        if not isinstance(provider, _NO_PROVIDERS):
            tracer = provider.get_tracer(__name__)
            self.batch = [self._begin(message, tracer) for message in batch]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.note_failures(dict.fromkeys(self._spans, str(error) or repr(error)))
        for span in self._spans.values():
            span.end()

    def note_failures(self, reasons: Mapping[UUID, str]) -> None:
        """Say which events, by their ids, did not arrive, and why."""
        for event_id in reasons.keys() & self._spans.keys():
            status = trace.Status(trace.StatusCode.ERROR, reasons[event_id])
            self._spans[event_id].set_status(status)

    def _begin(self, message: Message, tracer: trace.Tracer) -> Message:
        parent = _context_of(message.traceparent)
        if parent is None:
            return message
        span = tracer.start_span(
            f"publish {message.topic}",
            context=parent,
            kind=trace.SpanKind.PRODUCER,
            attributes=_attributes(message, batch_size=len(self.batch)),
        )
        self._spans[message.event_id] = span
        return message._replace(traceparent=_text_of(trace.set_span_in_context(span)))


def _context_of(traceparent: str | None) -> Context | None:
    if not traceparent:
        return None
    context = _W3C.extract({_TRACEPARENT: traceparent})
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def _text_of(context: Context | None) -> str | None:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, context)
    return carrier.get(_TRACEPARENT)


def _attributes(message: Message, *, batch_size: int) -> dict[str, str | int]:
    """Name things as OpenTelemetry's conventions for messaging do; `outbox.` is for the rest."""
    return {
        "messaging.system": "aws.sns",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": message.topic,
        "messaging.message.id": str(message.event_id),
        "messaging.message.body.size": message.size,
        "messaging.batch.message_count": batch_size,
        "outbox.stream": message.stream,
        "outbox.version": message.version,
        "outbox.shard": message.shard,
    }
