"""A worker tells its metrics on a port of its own, if it has been given one."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import structlog

from infra.local.ports import free_port
from monolith.outbox import queries
from monolith.outbox.exposing import exposed
from monolith.outbox.relay_metrics import RelayMetrics
from monolith.outbox.worker import RelayStep
from tests.monolith.outbox.running import eventually


@pytest.fixture
def port(settings):
    settings.OUTBOX_METRICS_PORT = free_port()
    return settings.OUTBOX_METRICS_PORT


def _read(port):
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


@pytest.mark.django_db(transaction=True)
def test_worker_tells_what_its_relay_does_while_it_runs(port):
    step = RelayStep(SimpleNamespace())

    step.start(SimpleNamespace())
    eventually(lambda: "outbox_owned_shards 16.0" in _read(port))
    step.stop(SimpleNamespace())

    assert not queries.is_relayed()
    with pytest.raises(URLError):
        _read(port)


def test_metrics_are_for_this_machine_only(port):
    with exposed(RelayMetrics().registry), socket.socket() as elsewhere:
        elsewhere.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elsewhere.bind(("127.0.0.2", port))  # would be taken if it listened everywhere

        assert "outbox_claims_lost_total 0.0" in _read(port)


def test_port_that_is_taken_stops_nobody(port):
    with (
        socket.create_server(("127.0.0.1", port)),
        structlog.testing.capture_logs() as lines,
        exposed(RelayMetrics().registry),
    ):
        pass

    assert [line["event"] for line in lines] == ["outbox_metrics_not_exposed"]


def test_without_a_port_nothing_listens(settings, monkeypatch):
    settings.OUTBOX_METRICS_PORT = 0
    monkeypatch.setattr("monolith.outbox.exposing.start_http_server", pytest.fail)

    with exposed(RelayMetrics().registry) as nothing:
        assert nothing is None
