"""`/metrics`: for whom it is, and that it answers whatever happens to the database."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families


def _families(response):
    return {f.name: f for f in text_string_to_metric_families(response.content.decode())}


@pytest.mark.django_db
def test_outbox_and_moving_reads_are_told_in_the_text_format(client):
    response = client.get("/metrics")

    families = _families(response)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "no-store" in response.headers["Cache-Control"]
    assert families["outbox_up"].samples[0].value == 1
    assert families["outbox_shards_without_owner"].samples[0].value == 16
    stages = families["strangler_path_stage"].samples
    assert "order_history" in {sample.labels["path"] for sample in stages}


@pytest.mark.django_db
def test_open_metrics_are_told_to_whoever_asks_for_them(client):
    accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"

    response = client.get("/metrics", headers={"Accept": accept})

    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


@pytest.mark.django_db(transaction=True)
def test_lost_database_is_told_and_no_error(client, lost_database):
    response = client.get("/metrics")

    families = _families(response)
    assert response.status_code == 200
    assert families["outbox_up"].samples[0].value == 0
    assert families["strangler_up"].samples[0].value == 0
    assert set(families) == {"outbox_up", "strangler_up"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.8.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"Forwarded": "for=198.51.100.7"}, 403),
        ("10.0.0.7", {"Authorization": "Bearer "}, 403),
    ],
)
def test_without_a_token_it_is_for_this_machine_only(client, settings, address, headers, status):
    settings.METRICS_TOKEN = ""

    response = client.get("/metrics", headers=headers, REMOTE_ADDR=address)

    assert response.status_code == status


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"Authorization": "Bearer secret"}, 200),
        ({"Authorization": "Bearer secret2"}, 401),
        ({"Authorization": "secret"}, 401),
        ({}, 401),
    ],
)
@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7"])
def test_with_a_token_it_is_for_those_who_know_it(client, settings, address, given, status):
    settings.METRICS_TOKEN = "secret"

    response = client.get("/metrics", headers=given, REMOTE_ADDR=address)

    assert response.status_code == status
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_nothing_can_be_posted_to_it(client):
    assert client.post("/metrics").status_code == 405
