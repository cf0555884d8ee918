from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count

import pytest
from django.db import connection, transaction

from event_contracts.codec import decode
from event_contracts.registry import UnknownEvent
from monolith.outbox import recording
from monolith.outbox.models import OutboxMessage, Stream
from tests.monolith.outbox.events import NOON, commit, sold_out

STREAM = "product/85123A"


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_refused():
    with pytest.raises(recording.OutsideTransaction):
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_first_fact_of_a_stream_is_version_one_and_the_next_version_two():
    first = recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
    second = recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    assert (first.version, second.version) == (1, 2)
    assert recording.current_version(STREAM) == 2


@pytest.mark.django_db
def test_what_was_recorded_can_be_read_back_from_the_row():
    envelope = recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    message = OutboxMessage.objects.get()
    assert decode(message.payload) == envelope
    assert (message.event_id, message.stream, message.version, message.topic) == (
        envelope.event_id,
        STREAM,
        1,
        "product",
    )
    assert message.published_at is None


@pytest.mark.django_db
def test_snapshot_states_the_current_version_and_does_not_raise_it():
    recording.start_streams([STREAM])
    recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    snapshot = recording.record_snapshot(sold_out(), stream=STREAM, occurred_at=NOON)

    assert snapshot.version == 2
    assert recording.current_version(STREAM) == 2


@pytest.mark.django_db
def test_started_stream_has_version_one_and_no_event():
    recording.record(sold_out(), stream="product/OLD", occurred_at=NOON)
    recording.record(sold_out(), stream="product/OLD", occurred_at=NOON)

    recording.start_streams([STREAM, "product/OLD", STREAM])

    assert recording.current_versions([STREAM, "product/OLD", "product/NONE"]) == {
        STREAM: 1,
        "product/OLD": 2,
        "product/NONE": 0,
    }
    assert not OutboxMessage.objects.filter(stream=STREAM).exists()


@pytest.mark.django_db
def test_nothing_is_started_when_one_name_is_wrong():
    with pytest.raises(ValueError, match="not a stream name"):
        recording.start_streams([STREAM, "nonsense"])

    assert not Stream.objects.exists()


@pytest.mark.django_db
def test_locking_a_stream_that_has_no_facts_answers_zero_and_spoils_nothing():
    assert recording.lock_stream(STREAM) == 0

    assert recording.record(sold_out(), stream=STREAM, occurred_at=NOON).version == 1
    assert recording.lock_stream(STREAM) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("event", "stream", "occurred_at", "error"),
    [
        (sold_out(), "warehouse/1", NOON, ValueError),
        (sold_out(), STREAM, datetime(2026, 3, 2, 12), ValueError),  # noqa: DTZ001
        (object(), STREAM, NOON, UnknownEvent),
    ],
    ids=["unknown kind of stream", "instant without a time zone", "unregistered event"],
)
def test_what_cannot_be_delivered_is_refused(event, stream, occurred_at, error):
    with pytest.raises(error), transaction.atomic():
        recording.record(event, stream=stream, occurred_at=occurred_at)

    assert not OutboxMessage.objects.exists()
    assert recording.current_versions([STREAM]) == {STREAM: 0}


@pytest.mark.django_db
def test_rolled_back_savepoint_takes_its_version_along():
    recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        transaction.set_rollback(True)

    after = recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    assert after.version == 2
    assert OutboxMessage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_rollback_leaves_no_event_and_no_version():
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        transaction.set_rollback(True)

    assert not OutboxMessage.objects.exists()
    assert recording.current_version(STREAM) == 0


@pytest.mark.django_db(transaction=True)
def test_versions_are_gap_free_and_in_order_of_ids_under_concurrent_writers():
    turns = count()

    def write(_: int) -> None:
        try:
            for _ in range(25):
                _commit_or_roll_back(fails=next(turns) % 5 == 0)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    versions = list(OutboxMessage.objects.order_by("id").values_list("version", flat=True))
    assert versions == list(range(1, 81))


def _commit_or_roll_back(*, fails: bool) -> None:
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        transaction.set_rollback(fails)


@pytest.mark.django_db(transaction=True)
def test_stream_keeps_its_shard_when_the_number_of_shards_grows(settings):
    settings.OUTBOX_SHARDS = 1
    commit(STREAM)
    settings.OUTBOX_SHARDS = 512
    commit(STREAM)

    assert set(OutboxMessage.objects.values_list("shard", flat=True)) == {0}
