from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from monolith.outbox import retention, tasks
from monolith.outbox.models import LiveRelay, OutboxMessage
from monolith.outbox.partitions import list_partitions, partition_of
from tests.monolith.outbox.events import NOON

pytestmark = pytest.mark.django_db
DAY = NOON.date()
LONG_AFTER = DAY + timedelta(days=30)


def test_partitions_are_made_for_today_and_the_days_ahead():
    made = retention.create_partitions(today=DAY, days_ahead=2)

    assert made == [partition_of(DAY + timedelta(days=ahead)) for ahead in range(3)]
    assert set(made) <= set(list_partitions())


def test_making_partitions_again_makes_none():
    retention.create_partitions(today=DAY, days_ahead=2)

    assert retention.create_partitions(today=DAY, days_ahead=2) == []


def test_messages_of_a_day_are_kept_in_its_partition():
    retention.create_partitions(today=DAY, days_ahead=0)

    _insert(NOON)

    assert _count_in(partition_of(DAY)) == 1


def test_message_without_a_partition_of_its_day_is_kept_and_adopted_when_that_is_made():
    _insert(NOON)
    assert _count_in("outbox_message_default") == 1

    retention.create_partitions(today=DAY, days_ahead=0)

    assert _count_in("outbox_message_default") == 0
    assert _count_in(partition_of(DAY)) == OutboxMessage.objects.pending().count() == 1


def test_old_day_is_dropped_whole_when_everything_in_it_is_published():
    retention.create_partitions(today=DAY, days_ahead=0)
    _insert(NOON, published_at=NOON)

    purged = retention.drop_published(today=LONG_AFTER, keep_days=7)

    assert purged.dropped == [partition_of(DAY)]
    assert not OutboxMessage.objects.exists()


def test_old_day_with_anything_unpublished_is_kept_whole():
    retention.create_partitions(today=DAY, days_ahead=0)
    _insert(NOON, published_at=NOON)
    _insert(NOON)

    purged = retention.drop_published(today=LONG_AFTER, keep_days=7)

    assert (purged.dropped, purged.kept) == ([], [partition_of(DAY)])
    assert OutboxMessage.objects.count() == 2


def test_day_within_the_retention_is_kept():
    retention.create_partitions(today=DAY, days_ahead=0)

    purged = retention.drop_published(today=DAY + timedelta(days=7), keep_days=7)

    assert (purged.dropped, purged.kept) == ([], [])


def test_stray_messages_are_deleted_once_old_and_published():
    _insert(NOON, published_at=NOON)
    _insert(NOON)

    purged = retention.drop_published(today=LONG_AFTER, keep_days=7)

    assert purged.strays == 1
    assert OutboxMessage.objects.pending().count() == OutboxMessage.objects.count() == 1


def test_dry_run_drops_nothing_and_says_what_it_would():
    retention.create_partitions(today=DAY, days_ahead=0)
    _insert(NOON, published_at=NOON)

    purged = retention.drop_published(today=LONG_AFTER, keep_days=7, dry_run=True)

    assert purged.dropped == [partition_of(DAY)]
    assert OutboxMessage.objects.count() == 1


def test_rotation_makes_the_coming_days_and_forgets_relays_long_dead():
    LiveRelay.objects.create(name="dead", alive_until=NOON)
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {partition_of(_tomorrow())}")

    tasks.rotate_partitions()

    assert partition_of(_tomorrow()) in list_partitions()
    assert not LiveRelay.objects.exists()


def _tomorrow() -> date:
    return datetime.now(UTC).date() + timedelta(days=1)


def _insert(recorded_at, published_at=None):
    OutboxMessage.objects.create(
        shard=0,
        event_id="00000000-0000-4000-8000-000000000001",
        stream="product/1",
        version=1,
        event_type="any",
        topic="product",
        payload="{}",
        recorded_at=recorded_at,
        published_at=published_at,
    )


def _count_in(partition) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {partition}")
        return int(cursor.fetchone()[0])
