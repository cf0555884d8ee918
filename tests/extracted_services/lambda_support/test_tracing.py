"""The span of a consumer: child of what published the event, part of the log line about it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from opentelemetry import trace

from extracted_services.lambda_support.consuming import Consumer
from extracted_services.lambda_support.tracing import Parent, find_parent
from monolith.config.tracing import line_of
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import message, message_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
RECORDED, PUBLISHED = "00f067aa0ba902b7", "b7ad6b7169203331"
PLACED = replace(ENVELOPES["ordering.order_placed.v1"], traceparent=f"00-{TRACE}-{RECORDED}-01")


class NotYet(Exception):
    pass


def consumed(record, *, error=None, attribute=None):
    """Consume one message; return the line that is logged about it."""
    lines = LogLines()

    def handle(_envelope):
        if error:
            raise error
        return "applied"

    if attribute is not None:
        record["messageAttributes"]["traceparent"] = attribute
    consumer = Consumer(
        handle=handle,
        reads={"ordering"},
        snapshots=(),
        logger=lines.logger,
        expected_failures={NotYet: "gap"},
    )
    consumer.consume({"Records": [record]})
    (line,) = lines.read()
    return line


def text_attribute(traceparent):
    return {"stringValue": traceparent, "dataType": "String", "binaryListValues": []}


def test_span_is_a_child_of_the_publication():
    attribute = text_attribute(f"00-{TRACE}-{PUBLISHED}-01")

    line = consumed(message_of(PLACED), attribute=attribute)

    span = line["span"]
    assert (span["trace_id"], span["parent_span_id"]) == (TRACE, PUBLISHED)
    assert (span["name"], span["kind"], span["status"]) == (
        "process order-history-events.fifo",
        "consumer",
        "unset",
    )
    assert span["service"] == line["service"]
    assert span["attributes"] == {
        "messaging.system": "aws_sqs",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "order-history-events.fifo",
        "messaging.message.id": str(PLACED.event_id),
        "outbox.outcome": "applied",
    }
    began, ended = (datetime.fromisoformat(span[name]) for name in ("started_at", "ended_at"))
    assert began <= ended
    assert began.tzinfo is not None


@pytest.mark.parametrize(
    "attribute",
    [None, text_attribute("nonsense"), {"binaryValue": "AAAA", "dataType": "Binary"}],
    ids=["absent", "nonsense", "no text"],
)
def test_without_a_publication_it_is_a_child_of_where_the_event_was_recorded(attribute):
    line = consumed(message_of(PLACED), attribute=attribute)

    assert line["span"]["parent_span_id"] == RECORDED


def test_every_delivery_is_a_span_of_its_own():
    spans = [consumed(message_of(PLACED))["span"] for _ in range(3)]

    assert len({span["span_id"] for span in spans}) == 3
    assert all(len(span["span_id"]) == 16 for span in spans)


@pytest.mark.parametrize(
    ("error", "outcome"), [(NotYet("2 is missing"), "gap"), (ValueError("broken"), "failed")]
)
def test_event_that_goes_back_is_a_span_with_an_error(error, outcome):
    line = consumed(message_of(PLACED), error=error)

    assert line["span"]["status"] == "error"
    assert line["span"]["attributes"]["outbox.outcome"] == outcome
    assert line["outcome"] == outcome


def test_message_that_is_no_event_is_traced_by_its_attribute():
    poison = message("m1", "{}", group="customer/1")

    line = consumed(poison, attribute=text_attribute(f"00-{TRACE}-{PUBLISHED}-01"))

    assert line["span"]["parent_span_id"] == PUBLISHED
    assert line["span"]["attributes"]["messaging.message.id"] == "m1"


@pytest.mark.parametrize("traceparent", [None, f"00-{TRACE}-{RECORDED}-00"])
def test_event_that_nobody_traces_has_no_span(traceparent):
    line = consumed(message_of(replace(PLACED, traceparent=traceparent)))

    assert "span" not in line
    assert line["outcome"] == "applied"


def test_span_has_the_shape_of_the_monoliths_local_spans(exported):
    trace.get_tracer("test").start_span("anything").end()
    (monoliths,) = exported.get_finished_spans()

    span = consumed(message_of(PLACED))["span"]

    assert span.keys() == json.loads(line_of(monoliths)).keys()


@pytest.mark.parametrize(
    ("traceparent", "expected"),
    [
        (f"00-{TRACE}-{PUBLISHED}-01", Parent(TRACE, PUBLISHED)),
        (f"00-{TRACE}-{PUBLISHED}-03", Parent(TRACE, PUBLISHED)),
        (f"cc-{TRACE}-{PUBLISHED}-01-of-the-future", Parent(TRACE, PUBLISHED)),
        (f"00-{TRACE}-{PUBLISHED}-00", None),
        (f"00-{TRACE}-{PUBLISHED}-01-more", None),
        (f"00-{TRACE}-{PUBLISHED}-01more", None),
        (f"ff-{TRACE}-{PUBLISHED}-01", None),
        (f"00-{'0' * 32}-{PUBLISHED}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{PUBLISHED}-01", None),
        (f"00-{TRACE[1:]}-{PUBLISHED}-01", None),
        (f" 00-{TRACE}-{PUBLISHED}-01", None),
        ("", None),
    ],
)
def test_traceparent_is_read_as_w3c_says(traceparent, expected):
    assert find_parent([traceparent]) == expected


def test_first_valid_traceparent_counts_even_if_it_is_not_sampled():
    sampled, unsampled = f"00-{TRACE}-{RECORDED}-01", f"00-{TRACE}-{PUBLISHED}-00"

    assert find_parent([None, "nonsense", sampled, unsampled]) == Parent(TRACE, RECORDED)
    assert find_parent([unsampled, sampled]) is None
