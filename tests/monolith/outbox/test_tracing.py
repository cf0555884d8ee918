"""Whoever places an order finds its event's publication in the same trace."""

from __future__ import annotations

from uuid import uuid4

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from event_contracts.codec import decode
from event_contracts.registry import EVENT_CLASSES
from event_contracts.streams import STREAM_KINDS
from monolith.outbox.configuration import MAX_ENTRIES
from monolith.outbox.messages import Message
from monolith.outbox.models import OutboxMessage
from monolith.outbox.publishers import MAX_BATCH_BYTES, BrokerUnavailable, InMemoryPublisher, _entry
from monolith.outbox.tracing import Publication, current_traceparent
from tests.monolith.outbox.events import NOON, commit, record
from tests.monolith.outbox.running import all_published, eventually, running_relay

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


def a_message(traceparent: str | None = TRACEPARENT, **fields) -> Message:
    plain = Message(
        shard=7,
        token=1,
        id=1,
        recorded_at=NOON,
        event_id=uuid4(),
        stream="product/85123A",
        version=3,
        event_type="catalogue.product_sold_out.v1",
        topic="product",
        payload="{}",
        size=2,
        attempts=0,
        traceparent=traceparent,
    )
    return plain._replace(**fields)


def text_of(span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@pytest.mark.django_db
def test_event_carries_the_span_in_which_it_was_recorded(exported):
    with trace.get_tracer("test").start_as_current_span("request") as request:
        record("product/85123A")

    message = OutboxMessage.objects.get()
    assert message.traceparent == text_of(request)
    assert decode(message.payload).traceparent == text_of(request)


@pytest.mark.django_db
def test_event_carries_the_callers_span_where_nobody_records_traces():
    with trace.use_span(_remote_span(TRACE, PARENT)):
        record("product/85123A")

    assert OutboxMessage.objects.get().traceparent == TRACEPARENT


def _remote_span(trace_id, span_id, *, flags=1):
    return trace.NonRecordingSpan(
        trace.SpanContext(
            int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(flags)
        )
    )


@pytest.mark.django_db
def test_event_outside_of_a_trace_carries_none():
    record("product/85123A")

    message = OutboxMessage.objects.get()
    assert message.traceparent is None
    assert "traceparent" not in message.payload
    assert current_traceparent() is None


@pytest.mark.django_db(transaction=True)
def test_relay_publishes_within_the_trace_of_each_event(exported):
    publisher = InMemoryPublisher()
    with trace.get_tracer("test").start_as_current_span("request") as request:
        (traced,) = commit("product/1")
    (untraced,) = commit("product/2")

    with running_relay(publisher):
        eventually(all_published)

    published = {message.event_id: message for message in publisher.published}
    (span,) = [s for s in exported.get_finished_spans() if s.name == "publish product"]
    assert span.context.trace_id == request.get_span_context().trace_id
    assert span.parent.span_id == request.get_span_context().span_id
    assert published[traced].traceparent == text_of(span)
    assert decode(published[traced].payload).traceparent == text_of(request)
    assert published[untraced].traceparent is None


def test_span_says_what_was_published(exported):
    message = a_message(size=512)

    with Publication([message, a_message(None), a_message(None)]) as publication:
        assert exported.get_finished_spans() == ()

    (span,) = exported.get_finished_spans()
    assert (span.name, span.kind) == ("publish product", trace.SpanKind.PRODUCER)
    assert span.attributes == {
        "messaging.system": "aws.sns",
        "messaging.operation.name": "publish",
        "messaging.operation.type": "send",
        "messaging.destination.name": "product",
        "messaging.message.id": str(message.event_id),
        "messaging.message.body.size": 512,
        "messaging.batch.message_count": 3,
        "outbox.stream": "product/85123A",
        "outbox.version": 3,
        "outbox.shard": 7,
    }
    assert span.status.status_code is trace.StatusCode.UNSET
    assert [m.traceparent for m in publication.batch] == [text_of(span), None, None]


def test_refused_event_alone_has_a_span_with_an_error(exported):
    fine, refused = a_message(), a_message()

    with Publication([fine, refused]) as publication:
        publication.note_failures({refused.event_id: "too large", uuid4(): "not of this batch"})

    status = {
        span.attributes["messaging.message.id"]: (span.status.status_code, span.status.description)
        for span in exported.get_finished_spans()
    }
    assert status == {
        str(fine.event_id): (trace.StatusCode.UNSET, None),
        str(refused.event_id): (trace.StatusCode.ERROR, "too large"),
    }


@pytest.mark.django_db(transaction=True)
def test_outage_ends_every_span_with_an_error_and_the_retry_has_a_new_one(exported):
    publisher = InMemoryPublisher()
    publisher.is_down = True
    with trace.get_tracer("test").start_as_current_span("request"):
        commit("product/1")

    with running_relay(publisher):
        eventually(lambda: _publications(exported))
        publisher.is_down = False
        eventually(all_published)

    *failed, succeeded = _publications(exported)
    assert {span.status.description for span in failed} == {"the broker is down"}
    assert succeeded.status.status_code is trace.StatusCode.UNSET
    assert len({span.parent.span_id for span in [*failed, succeeded]}) == 1


def _publications(exported):
    return [span for span in exported.get_finished_spans() if span.name == "publish product"]


def test_error_of_the_publisher_passes_through(exported):
    with pytest.raises(BrokerUnavailable), Publication([a_message()]):
        raise BrokerUnavailable

    (span,) = exported.get_finished_spans()
    assert span.status.description == "BrokerUnavailable()"


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
    ],
)
def test_traceparent_that_is_none_begins_no_trace(exported, traceparent):
    message = a_message(traceparent)

    with Publication([message]) as publication:
        pass

    assert exported.get_finished_spans() == ()
    assert publication.batch == [message]


def test_without_a_provider_the_event_travels_with_its_own_traceparent():
    message = a_message()

    with Publication([message]) as publication:
        publication.note_failures({message.event_id: "no"})

    assert publication.batch[0] is message


def test_unsampled_trace_stays_unsampled(monkeypatch):
    monkeypatch.setattr(
        trace, "_TRACER_PROVIDER", TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    )

    with Publication([a_message()]) as publication:
        pass

    (message,) = publication.batch
    assert (message.traceparent or "").split("-")[1::2] == [TRACE, "00"]


def test_attributes_of_the_longest_event_fit_beside_the_largest_batch():
    longest_type, longest_kind = max(EVENT_CLASSES, key=len), max(STREAM_KINDS, key=len)

    attributes = _entry(a_message(event_type=longest_type, topic=longest_kind))["MessageAttributes"]

    size = sum(
        len(name) + len(attribute["DataType"]) + len(attribute["StringValue"])
        for name, attribute in attributes.items()
    )
    assert attributes["traceparent"]["StringValue"] == TRACEPARENT
    assert len(attributes) <= 10
    assert MAX_BATCH_BYTES + MAX_ENTRIES * size <= 256 * 1024


def test_event_without_a_trace_has_no_attribute_for_it():
    attributes = _entry(a_message(None))["MessageAttributes"]

    assert attributes.keys() == {"event_type", "stream_kind"}
