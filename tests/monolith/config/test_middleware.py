from __future__ import annotations

import json
import logging
from typing import Any

import pytest


@pytest.fixture
def written(caplog):
    """Return the log's lines about requests, as they are written to stderr."""
    (formatter,) = [
        handler.formatter
        for handler in logging.getLogger().handlers
        if type(handler) is logging.StreamHandler
    ]

    assert formatter is not None

    def lines() -> list[dict[str, Any]]:
        records = [json.loads(formatter.format(record)) for record in caplog.records]
        return [record for record in records if record["event"] == "request"]

    return lines


@pytest.fixture(autouse=True)
def _information(caplog):
    caplog.set_level(logging.INFO)


def test_request_id_is_echoed_and_logged(client, written):
    response = client.get("/api/v1/nothing/", headers={"X-Request-Id": "abc-123"})

    assert response.headers["X-Request-Id"] == "abc-123"
    assert [line["request_id"] for line in written()] == ["abc-123"]


def test_request_without_an_id_gets_one_of_its_own(client):
    ids = {client.get("/api/v1/nothing/").headers["X-Request-Id"] for _ in range(2)}

    assert len(ids) == 2
    assert all(len(request_id) == 32 for request_id in ids)


def test_endless_request_id_is_cut(client):
    response = client.get("/api/v1/nothing/", headers={"X-Request-Id": "x" * 500})

    assert response.headers["X-Request-Id"] == "x" * 64


def test_log_line_tells_what_was_asked_and_how_it_went(client, written):
    client.post("/api/v1/nothing/?secret=1", {})

    (line,) = written()
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/v1/nothing/", 404)
    assert line["milliseconds"] >= 0
    assert line["level"] == "info"
    assert "secret" not in json.dumps(line)


@pytest.mark.parametrize("path", ["/healthz", "/static/none.css"])
def test_probes_and_static_files_stay_silent(client, written, path):
    client.get(path)

    assert written() == []
