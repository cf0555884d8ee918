"""What every test may rely on. The database is provided by tests/settings.py.

Journeys that found no Chromium are skipped. That must not go unnoticed: it is the last line of the
run, and a failure under CI.
"""

from __future__ import annotations

import os

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

NO_CHROMIUM = "no Chromium on this machine"
_without_browser = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Remember that a test was skipped for want of a Chromium."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and NO_CHROMIUM in str(report.longrepr):
        item.config.stash[_without_browser] = True


def pytest_sessionfinish(session):
    """Under CI, fail."""
    if _journeys_were_not_run(session.config) and os.environ.get("CI"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config):
    """Say so after everything else."""
    if _journeys_were_not_run(config):
        print(f"journeys: not run: {NO_CHROMIUM}; CHROMIUM may name one")  # noqa: T201


def _journeys_were_not_run(config):
    return config.stash.get(_without_browser, False)


@pytest.fixture
def exported(monkeypatch):
    """Record traces, and hand over the spans that have ended: `exported.get_finished_spans()`."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # OpenTelemetry lets a process set its provider once.
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()
