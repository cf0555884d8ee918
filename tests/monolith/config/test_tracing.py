"""Requests are spans of their caller's trace; spans go to a collector, to a file, or nowhere."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry import trace

from monolith.config.environment import ROOT
from monolith.config.tracing import line_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


def test_request_is_a_span_of_its_callers_trace(client, exported):
    client.get("/api/v1/nothing/", headers={"traceparent": TRACEPARENT})

    (span,) = exported.get_finished_spans()
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert trace.format_span_id(span.parent.span_id) == PARENT
    assert span.kind is trace.SpanKind.SERVER


@pytest.mark.parametrize("headers", [{}, {"traceparent": "nonsense"}])
def test_request_without_a_callers_trace_begins_one(client, exported, headers):
    client.get("/api/v1/nothing/", headers=headers)

    (span,) = exported.get_finished_spans()
    assert span.parent is None


@pytest.mark.django_db
def test_span_is_named_by_the_route_and_tells_the_status(client, exported):
    client.get("/api/v1/orders/B123/?secret=1")

    (span,) = exported.get_finished_spans()
    assert span.name == "GET /api/v1/orders/<str:order_number>/"
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/api/v1/orders/<str:order_number>/",
        "url.path": "/api/v1/orders/B123/",
        "http.response.status_code": 401,
    }
    assert span.status.status_code is trace.StatusCode.UNSET


@pytest.mark.urls("tests.monolith.config.broken_pages")
def test_page_that_breaks_is_a_span_with_an_error(client, exported):
    client.raise_request_exception = False

    client.get("/broken/")

    (span,) = exported.get_finished_spans()
    assert span.attributes["http.response.status_code"] == 500
    assert span.status.status_code is trace.StatusCode.ERROR


@pytest.mark.parametrize("path", ["/healthz", "/static/none.css"])
def test_probes_and_static_files_are_no_spans(client, exported, path):
    client.get(path)

    assert exported.get_finished_spans() == ()


def test_log_line_names_the_span(client, exported, caplog):
    caplog.set_level(logging.INFO)

    client.get("/api/v1/nothing/", headers={"traceparent": TRACEPARENT})

    (span,) = exported.get_finished_spans()
    (line,) = [r.msg for r in caplog.records if "request" in str(r.msg) and isinstance(r.msg, dict)]
    assert line["trace_id"] == TRACE
    assert line["span_id"] == trace.format_span_id(span.context.span_id)


def test_line_of_a_span_is_one_line_of_json(exported):
    with trace.get_tracer("test").start_as_current_span(
        "outer", attributes={"text": "two\nlines"}
    ) as outer:
        trace.get_tracer("test").start_span("inner").end()
    inner, _ = exported.get_finished_spans()

    lines = [line_of(span) for span in exported.get_finished_spans()]

    first, second = map(json.loads, lines)
    assert [line.count("\n") for line in lines] == [1, 1]
    assert first["parent_span_id"] == second["span_id"]
    assert second["parent_span_id"] is None
    assert (second["name"], second["kind"], second["status"]) == ("outer", "internal", "unset")
    assert second["attributes"] == {"text": "two\nlines"}
    assert second["started_at"] <= first["started_at"] <= first["ended_at"] <= second["ended_at"]
    assert first["span_id"] == trace.format_span_id(inner.get_span_context().span_id)
    assert outer.get_span_context().trace_id == int(first["trace_id"], 16)


PROGRAM = """
import os
from opentelemetry import trace
from monolith.config import tracing
tracing.start("web")
tracing.start("again")
{fork}
with trace.get_tracer("test").start_as_current_span("work") as span:
    print(span.is_recording(), flush=True)
trace.get_tracer_provider().shutdown() if span.is_recording() else None
"""


def recorded_by(state_dir, *, fork="", **variables):
    """Run a process that starts tracing and makes a span; return what it printed."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("OTEL_")}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(fork=fork)],
        cwd=ROOT,
        env={
            **environment,
            "BANYAN_LOCAL": "yes",
            "BANYAN_STATE_DIR": str(state_dir),
            "DJANGO_SETTINGS_MODULE": "monolith.config.settings",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return ended.stdout.split(), ended.stderr


@pytest.fixture
def state_dir(tmp_path):
    """Be the state folder of a shop that runs."""
    (tmp_path / "run.json").write_text('{"pid": 1}')
    return tmp_path


def lines_in(state_dir):
    file = state_dir / "logs" / "spans.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_spans_of_a_local_shop_are_lines_of_a_file(state_dir):
    told = recorded_by(state_dir)

    assert told == (["True"], "")
    assert [(line["name"], line["service"]) for line in lines_in(state_dir)] == [("work", "web")]


def test_child_of_a_fork_records_as_well(state_dir):
    recorded_by(state_dir, fork="child = os.fork()")

    assert [line["name"] for line in lines_in(state_dir)] == ["work", "work"]


def test_without_a_collector_and_a_local_shop_nothing_is_recorded(tmp_path):
    assert recorded_by(tmp_path) == (["False"], "")
    assert lines_in(tmp_path) == []


def test_ratio_of_none_records_nothing(state_dir):
    assert recorded_by(state_dir, OTEL_TRACES_SAMPLER_ARG="0") == (["False"], "")


def test_ratio_that_is_none_stops_the_start(state_dir):
    told, error = recorded_by(state_dir, OTEL_TRACES_SAMPLER_ARG="2")

    assert told == []
    assert "InvalidSetting: OTEL_TRACES_SAMPLER_ARG='2'" in error


def test_spans_go_to_the_collector_that_the_environment_names(state_dir, collector):
    address, received = collector

    told = recorded_by(state_dir, OTEL_EXPORTER_OTLP_ENDPOINT=address)

    ((path, body),) = received
    assert told == (["True"], "")
    assert path == "/v1/traces"
    assert b"work" in body
    assert lines_in(state_dir) == []


@pytest.fixture
def collector():
    """Stand in for an OpenTelemetry collector: an address, and the requests it got."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()
