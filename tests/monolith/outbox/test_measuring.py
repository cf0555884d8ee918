"""The state of the tables in numbers, and what Prometheus and CloudWatch are told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import structlog
from django.db import connection, transaction

from monolith.outbox import measuring, tasks
from monolith.outbox.measuring import measure
from monolith.outbox.models import HeldStream, LiveRelay, OutboxMessage, Shard
from monolith.outbox.partitions import partition_of
from monolith.outbox.table_metrics import table_registry
from tests.monolith.outbox.events import NOON, commit, record

pytestmark = pytest.mark.django_db


def _now():
    return datetime.now(UTC)


def _hold(stream, *, retry_at):
    HeldStream.objects.create(
        stream=stream, shard=0, message_id=1, attempts=1, retry_at=retry_at, last_error="no"
    )


def _recorded_ago(stream, **ago):
    # Its day may have no partition: that must not hide it.
    OutboxMessage.objects.filter(stream=stream).update(recorded_at=_now() - timedelta(**ago))


def test_empty_outbox_is_all_zeros():
    found = measure()

    assert (found.pending, found.is_complete) == ({}, True)
    assert (found.oldest_pending_age, found.oldest_unheld_age) == (0, 0)
    assert (found.held, found.parked, found.relays, found.strays) == (0, 0, 0, 0)


def test_pending_is_counted_by_topic_before_any_relay_has_ever_run():
    commit("product/1", 2)
    commit("customer/1")
    OutboxMessage.objects.filter(stream="product/1", version=1).update(published_at=NOON)

    assert measure().pending == {"product": 1, "customer": 1}


def test_events_of_shards_beyond_the_configured_ones_are_seen(settings):
    settings.OUTBOX_SHARDS = 16
    Shard.objects.create(shard=24, token=1)
    record("product/1")
    OutboxMessage.objects.update(shard=24)

    found = measure()

    assert found.pending == {"product": 1}
    assert 24 in found.owners


def test_count_stops_at_its_limit_in_each_shard(monkeypatch):
    monkeypatch.setattr(measuring, "MOST_ROWS", 3)
    commit("product/1", 5)

    found = measure()

    assert (found.pending, found.is_complete) == ({"product": 3}, False)


def test_age_without_held_streams_is_told_apart():
    for stream in ("product/PARKED", "product/HELD", "product/1"):
        record(stream)
    _hold("product/PARKED", retry_at=None)
    _hold("product/HELD", retry_at=_now())
    _recorded_ago("product/PARKED", hours=5)
    _recorded_ago("product/HELD", hours=2)
    _recorded_ago("product/1", hours=1)

    found = measure()

    assert 5 * 3600 <= found.oldest_pending_age < 5 * 3600 + 60
    assert 3600 <= found.oldest_unheld_age < 3660
    assert (found.held, found.parked) == (2, 1)


def test_shard_with_an_ended_lease_has_no_owner(settings):
    settings.OUTBOX_SHARDS = 3
    soon = _now() + timedelta(minutes=1)
    Shard.objects.create(shard=0, owner="us", token=1, lease_until=soon)
    Shard.objects.create(shard=1, owner="gone", token=1, lease_until=NOON)
    LiveRelay.objects.create(name="us", alive_until=soon)
    LiveRelay.objects.create(name="gone", alive_until=NOON)

    found = measure()

    assert found.owners == {0: "us", 1: None, 2: None}
    assert (found.ownerless, found.relays) == (2, 1)


def test_days_ahead_are_counted_up_to_the_first_that_is_missing():
    assert measure().days_ahead == tasks.DAYS_AHEAD

    _drop_partition(in_days=2)
    assert measure().days_ahead == 1

    _drop_partition(in_days=0)
    assert measure().days_ahead == -1


def _drop_partition(*, in_days):
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {partition_of(_now().date() + timedelta(days=in_days))}")


def test_rows_of_the_default_partition_are_counted():
    commit("product/1", 2)
    OutboxMessage.objects.update(recorded_at=NOON)

    assert measure().strays == 2


def _value(registry, name, **labels):
    return registry.get_sample_value(f"outbox_{name}", labels)


def test_prometheus_is_told_what_was_measured(settings):
    settings.OUTBOX_SHARDS = 2
    soon = _now() + timedelta(minutes=1)
    Shard.objects.create(shard=0, owner="us", token=1, lease_until=soon)
    record("product/1")
    _hold("product/1", retry_at=None)

    registry = table_registry()

    assert _value(registry, "up") == 1
    assert _value(registry, "pending_events", topic="product") == 1
    assert _value(registry, "pending_events", topic="customer") == 0
    assert _value(registry, "shard_owner", shard="0", owner="us") == 1
    assert _value(registry, "shards_without_owner") == 1
    assert (_value(registry, "held_streams"), _value(registry, "parked_streams")) == (1, 1)
    assert _value(registry, "oldest_pending_age_seconds") >= 0
    assert _value(registry, "oldest_unheld_age_seconds") == 0
    assert (_value(registry, "relays_alive"), _value(registry, "default_partition_rows")) == (0, 0)
    assert _value(registry, "partitions_ahead") == tasks.DAYS_AHEAD


def test_topic_that_was_not_counted_to_the_end_is_not_said_to_be_empty(monkeypatch):
    monkeypatch.setattr(measuring, "MOST_ROWS", 3)
    commit("product/1", 3)

    registry = table_registry()

    assert _value(registry, "pending_events", topic="product") == 3
    assert _value(registry, "pending_events", topic="customer") is None


@pytest.mark.django_db(transaction=True)
def test_statement_that_takes_too_long_is_a_failed_measurement(monkeypatch):
    monkeypatch.setattr(measuring, "_OWNERS", "select pg_sleep(60)")
    patience = measuring._SESSION["statement_timeout"].replace("3s", "50ms")
    monkeypatch.setitem(measuring._SESSION, "statement_timeout", patience)

    registry = table_registry()

    assert _value(registry, "up") == 0
    assert _value(registry, "held_streams") is None


@pytest.mark.django_db(transaction=True)
def test_session_is_as_it_was_after_measuring():
    measure()

    with connection.cursor() as cursor:
        cursor.execute("show enable_seqscan")
        assert cursor.fetchone() == ("on",)


@pytest.mark.django_db(transaction=True)
def test_published_rows_are_not_walked_through():
    with connection.cursor() as cursor:
        cursor.execute("analyze outbox_message")  # the statistics know of no row
    commit("product/1", 20)
    OutboxMessage.objects.update(published_at=NOON)

    plan = _plan_of_pending()

    assert "outbox_message_p" in plan
    assert "Seq Scan on outbox_message" not in plan


def _plan_of_pending():
    parameters = {"shards": 16, "limit": 1000}
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in measuring._SESSION.items():
            cursor.execute(f"set local {name} = '{value}'")
        cursor.execute(f"explain {measuring._PENDING}", parameters)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_vital_signs_are_one_line_that_cloudwatch_takes_for_metrics():
    record("product/1")
    _hold("product/1", retry_at=None)

    with structlog.testing.capture_logs() as lines:
        tasks.watch()

    (line,) = [line for line in lines if line["event"] == "outbox_vital_signs"]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Banyan", [["service"]])
    assert {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]} == {
        "pending_events": 1,
        "oldest_unheld_age_seconds": 0,
        "parked_streams": 1,
        "shards_without_owner": 16,
    }
    assert line["service"] == "outbox"
    assert abs(line["_aws"]["Timestamp"] / 1000 - _now().timestamp()) < 60
