"""What `manage.py check` finds out about the outbox."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.checks import Tags, run_checks
from django.db import OperationalError, connection

from event_contracts.streams import STREAM_KINDS
from monolith.outbox.checks import tables
from monolith.outbox.models import OutboxMessage
from monolith.outbox.partitions import partition_of
from tests.monolith.outbox.events import NOON, record

pytestmark = pytest.mark.django_db


def _record():
    record("product/1")


def _check(tag, databases=None):
    return [message.id for message in run_checks(tags=[tag], databases=databases)]


def test_healthy_outbox_passes_its_checks():
    assert _check("outbox") == []
    assert [name for name in _check(Tags.database, ["default"]) if name.startswith("outbox")] == []


def test_missing_partition_fails_the_check():
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {partition_of(datetime.now(UTC).date())}")

    assert "outbox.E004" in _check(Tags.database, ["default"])


def test_missing_table_is_a_warning_that_lets_the_first_migration_pass():
    with connection.cursor() as cursor:
        cursor.execute("drop table outbox_message cascade")

    assert "outbox.W003" in _check(Tags.database, ["default"])


def test_missing_index_fails_the_check():
    with connection.cursor() as cursor:
        cursor.execute("drop index outbox_message_pending")

    assert "outbox.E005" in _check(Tags.database, ["default"])


def test_messages_in_the_default_partition_are_warned_about():
    _record()
    OutboxMessage.objects.update(recorded_at=NOON)

    assert "outbox.W006" in _check(Tags.database, ["default"])


def test_missing_topic_fails_the_check_and_none_at_all_is_warned_about(settings):
    settings.OUTBOX_TOPIC_ARNS = dict.fromkeys(set(STREAM_KINDS) - {"guest-order"}, "arn")
    assert _check("outbox") == ["outbox.E001"]

    settings.OUTBOX_TOPIC_ARNS = {}
    assert _check("outbox") == ["outbox.W002"]


@pytest.mark.parametrize("named", ["no.such.module", "monolith.outbox.sharding"])
def test_contracts_that_are_missing_or_incomplete_fail_the_check_and_hide_no_topics(
    settings, named
):
    settings.OUTBOX_CONTRACTS = named

    assert set(_check("outbox")) == {"outbox.E008"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTBOX_SHARDS", 0),
        ("OUTBOX_SHARDS", 40_000),
        ("OUTBOX_BATCH_SIZE", 0),
        ("OUTBOX_PUBLISH_THREADS", 0),
        ("OUTBOX_MAX_ATTEMPTS", 0),
        ("OUTBOX_RETENTION_DAYS", 0),
        ("OUTBOX_LEASE_SECONDS", 0),
        ("OUTBOX_RETRY_SECONDS", -1),
        ("OUTBOX_OUTAGE_SECONDS", 0),
        ("OUTBOX_RETENTION_DAYS", "seven"),
        ("OUTBOX_WAKER_IDLE_SECONDS", -1),
        ("OUTBOX_BATCH_SIZE", True),
    ],
)
def test_number_that_makes_no_sense_fails_the_check_by_name(settings, name, value):
    setattr(settings, name, value)

    (found,) = run_checks(tags=["outbox"])

    assert found.id == "outbox.E007"
    assert found.msg.startswith(f"{name} is {value!r}")


def test_every_number_of_a_relay_is_checked():
    from dataclasses import fields

    from monolith.outbox.checks.configured import _NUMBERS
    from monolith.outbox.configuration import RelayOptions

    assert {f"OUTBOX_{field.name.upper()}" for field in fields(RelayOptions)} <= set(_NUMBERS)


def test_missing_function_fails_the_check():
    with connection.cursor() as cursor:
        cursor.execute("drop function outbox_write")

    assert "outbox.E009" in _check(Tags.database, ["default"])


def test_function_that_is_not_migrated_yet_is_a_warning_that_lets_the_migration_pass():
    with connection.cursor() as cursor:
        cursor.execute("drop function outbox_write")
        cursor.execute("delete from django_migrations where app = 'outbox' and name ~ '^0003'")

    assert "outbox.W003" in _check(Tags.database, ["default"])


def test_partition_without_its_autovacuum_settings_is_warned_about():
    today = partition_of(datetime.now(UTC).date())
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {today} reset (autovacuum_analyze_scale_factor)")

    (found,) = [m for m in run_checks(databases=["default"]) if m.id == "outbox.W010"]

    assert today in found.msg


def test_database_that_cannot_be_read_fails_the_check(monkeypatch):
    def refuse():
        raise OperationalError("gone")

    monkeypatch.setattr(tables, "list_partitions", refuse)

    assert "outbox.E003" in _check(Tags.database, ["default"])
