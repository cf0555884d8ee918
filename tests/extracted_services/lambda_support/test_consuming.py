from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from extracted_services.lambda_support.consuming import Consumer
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import batch, given_back, message

PLACED = ENVELOPES["ordering.order_placed.v1"]


class OutOfOrder(Exception):
    pass


class Handler:
    """Handles every event, except that it fails on some versions of some streams."""

    def __init__(self, **failures):
        self.failures = failures
        self.handled = []

    def __call__(self, envelope):
        name = f"{envelope.stream}@{envelope.version}"
        if name in self.failures:
            raise self.failures[name]
        self.handled.append(name)
        return "applied"


def _event(stream, version):
    return replace(PLACED, stream=stream, version=version)


def _consumer(handler, lines):
    return Consumer(
        handle=handler,
        reads={"ordering"},
        snapshots=(),
        logger=lines.logger,
        expected_failures={OutOfOrder: "gap"},
    )


@pytest.fixture
def lines():
    return LogLines()


def test_every_message_is_handled_in_order(lines):
    handler = Handler()

    answer = _consumer(handler, lines).consume(
        batch(_event("customer/1", 1), _event("customer/2", 5), _event("customer/1", 2))
    )

    assert given_back(answer) == []
    assert handler.handled == ["customer/1@1", "customer/2@5", "customer/1@2"]


def test_failure_holds_back_its_own_stream_and_no_other(lines):
    handler = Handler(**{"customer/1@1": ValueError("broken")})

    answer = _consumer(handler, lines).consume(
        batch(_event("customer/1", 1), _event("customer/2", 5), _event("customer/1", 2))
    )

    assert given_back(answer) == ["customer/1@1", "customer/1@2"]
    assert handler.handled == ["customer/2@5"]


def test_batch_that_fails_whole_is_given_back_without_a_crash(lines):
    handler = Handler(**{"customer/1@1": OutOfOrder()})

    answer = _consumer(handler, lines).consume(batch(_event("customer/1", 1)))

    assert given_back(answer) == ["customer/1@1"]


def test_failure_of_one_batch_is_forgotten_in_the_next(lines):
    handler = Handler(**{"customer/1@1": OutOfOrder()})
    consumer = _consumer(handler, lines)
    consumer.consume(batch(_event("customer/1", 1)))
    handler.failures.clear()

    answer = consumer.consume(batch(_event("customer/1", 1)))

    assert given_back(answer) == []


@pytest.mark.parametrize("body", ["", "{}", "[1]", '{"type":"ordering.order_placed.v1"}'])
def test_message_that_is_no_event_goes_back(lines, body):
    poison = {"Records": [message("m1", body, group="customer/1")]}

    answer = _consumer(Handler(), lines).consume(poison)

    assert given_back(answer) == ["m1"]
    assert lines.read()[0]["error"].startswith("MalformedEvent: ")


def test_line_tells_what_became_of_which_event_and_how_late(lines):
    ten_seconds_ago = datetime.now(UTC) - timedelta(seconds=10)
    envelope = replace(PLACED, occurred_at=ten_seconds_ago, traceparent="00-trace-01")

    _consumer(Handler(), lines).consume(batch(envelope))

    (line,) = lines.read()
    assert 10 <= line.pop("lag_seconds") < 60
    assert (
        line
        | {
            "level": "INFO",
            "message": "event consumed",
            "service": lines.service,
            "event_id": str(PLACED.event_id),
            "event_type": "ordering.order_placed.v1",
            "stream": PLACED.stream,
            "version": PLACED.version,
            "outcome": "applied",
            "traceparent": "00-trace-01",
        }
        == line
    )


def test_line_counts_as_a_metric_by_outcome(lines):
    _consumer(Handler(), lines).consume(batch(PLACED))

    (line,) = lines.read()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert line["events"] == 1
    assert directive == {
        "Namespace": "Banyan",
        "Dimensions": [["service", "outcome"]],
        "Metrics": [
            {"Name": "events", "Unit": "Count"},
            {"Name": "lag_seconds", "Unit": "Seconds"},
        ],
    }


def test_expected_failure_is_told_by_its_word_without_a_stack_trace(lines):
    handler = Handler(**{"customer/1@1": OutOfOrder("2 is missing")})

    _consumer(handler, lines).consume(batch(_event("customer/1", 1)))

    (line,) = lines.read()
    assert (line["level"], line["outcome"]) == ("WARNING", "gap")
    assert line["error"] == "OutOfOrder: 2 is missing"
    assert "exception" not in line


def test_unexpected_failure_is_told_with_its_stack_trace(lines):
    handler = Handler(**{"customer/1@1": ValueError("broken")})

    _consumer(handler, lines).consume(batch(_event("customer/1", 1)))

    (line,) = lines.read()
    assert (line["outcome"], line["stream"], line["version"]) == ("failed", "customer/1", 1)
    assert "ValueError: broken" in line["exception"]
