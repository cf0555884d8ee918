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
from tests.monolith.outbox.events import NOON, commit, record, sold_out

STREAM = "product/85123A"


@pytest.mark.parametrize(
    "in_test_case",
    [
        pytest.param(False, marks=pytest.mark.django_db(transaction=True)),
        pytest.param(True, marks=pytest.mark.django_db),
    ],
)
def test_recording_outside_a_transaction_is_refused(in_test_case):
    assert connection.in_atomic_block is in_test_case

    with pytest.raises(recording.OutsideTransaction):
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_facts_of_a_stream_are_numbered_from_one():
    record(STREAM)
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        recording.record(sold_out(), stream="product/OTHER", occurred_at=NOON)
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    assert _versions() == [(STREAM, 1), (STREAM, 2), ("product/OTHER", 1), (STREAM, 3)]
    assert recording.current_version(STREAM) == 3


def _versions():
    return list(OutboxMessage.objects.order_by("id").values_list("stream", "version"))


@pytest.mark.django_db
def test_what_was_recorded_can_be_read_back_from_the_row():
    event_id = record(STREAM)

    message = OutboxMessage.objects.get()
    envelope = decode(message.payload)
    assert (envelope.event_id, envelope.stream, envelope.version) == (event_id, STREAM, 1)
    assert (envelope.data, envelope.occurred_at) == (sold_out(), NOON)
    assert (message.event_id, message.stream, message.version) == (event_id, STREAM, 1)
    assert (message.event_type, message.topic) == ("catalogue.product_sold_out.v1", "product")
    assert message.published_at is None


@pytest.mark.django_db
def test_snapshot_states_the_current_version_and_does_not_raise_it():
    recording.start_streams([STREAM])
    with transaction.atomic():
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        recording.record_snapshot(sold_out(), stream=STREAM, occurred_at=NOON)
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)

    assert _versions() == [(STREAM, 2), (STREAM, 2), (STREAM, 3)]
    assert recording.current_version(STREAM) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("begun", [True, False])
def test_snapshot_that_is_alone_states_the_version_there_is(begun):
    if begun:
        recording.start_streams([STREAM])

    with transaction.atomic():
        recording.record_snapshot(sold_out(), stream=STREAM, occurred_at=NOON)

    message = OutboxMessage.objects.get()
    assert message.version == decode(message.payload).version == int(begun)
    assert recording.current_version(STREAM) == int(begun)


@pytest.mark.django_db
@pytest.mark.parametrize("others", [0, 1])
def test_snapshot_may_be_for_one_reader(others):
    """One event is written in another way than several."""
    with transaction.atomic():
        recording.record_snapshot(
            sold_out(), stream=STREAM, occurred_at=NOON, addressee="catalogue_search"
        )
        for _ in range(others):
            recording.record_snapshot(sold_out(), stream=STREAM, occurred_at=NOON)

    addressees = OutboxMessage.objects.order_by("id").values_list("addressee", flat=True)
    assert list(addressees) == ["catalogue_search", *[None] * others]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 2])
def test_what_the_release_before_writes_is_for_everybody(count):
    """While processes are replaced, some still write eight fields."""
    event = ["0" * 8 + "-0000-4000-8000-" + "0" * 12, STREAM, "0", "e.v1", "product", "", "{", "}"]

    with connection.cursor() as cursor:
        cursor.execute(
            "select outbox_write(%s, %s)",
            ["\x1f".join([STREAM, "3", str(count)]), "\x1e".join(["\x1f".join(event)] * count)],
        )

    written = OutboxMessage.objects.values_list("payload", "addressee")
    assert list(written) == [("{" + str(count) + "}", None)] * count


@pytest.mark.django_db
def test_started_stream_has_version_one_and_no_event():
    commit("product/OLD", 2)

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
def test_locking_a_stream_answers_with_what_the_transaction_itself_recorded():
    with transaction.atomic():
        assert recording.lock_stream(STREAM) == 0
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        assert recording.lock_stream(STREAM) == 1
        recording.record(sold_out(), stream=STREAM, occurred_at=NOON)
        assert recording.current_version(STREAM) == 2

    assert _versions() == [(STREAM, 1), (STREAM, 2)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("event", "stream", "occurred_at", "error"),
    [
        (sold_out(), "warehouse/1", NOON, ValueError),
        (sold_out(), "product/BANK CHARGES", NOON, ValueError),
        (sold_out(), "product/" + "9" * 121, NOON, ValueError),
        (sold_out(), STREAM, datetime(2026, 3, 2, 12), ValueError),  # noqa: DTZ001
        (object(), STREAM, NOON, UnknownEvent),
    ],
    ids=["unknown kind", "no message group", "too long", "no time zone", "unregistered event"],
)
def test_what_cannot_be_delivered_is_refused_where_it_is_recorded(
    event, stream, occurred_at, error
):
    with pytest.raises(error), transaction.atomic():
        recording.record(event, stream=stream, occurred_at=occurred_at)

    assert not OutboxMessage.objects.exists()
    assert recording.current_versions([STREAM]) == {STREAM: 0}


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
def test_writers_of_the_same_streams_in_any_order_do_not_deadlock():
    streams = [f"product/{number}" for number in range(6)]

    def write(order) -> None:
        try:
            for _ in range(20):
                with transaction.atomic():
                    for stream in order:
                        recording.record(sold_out(), stream=stream, occurred_at=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [streams, streams[::-1], streams[3:] + streams[:3], streams[::-1]]))

    assert recording.current_versions(streams) == dict.fromkeys(streams, 80)


@pytest.mark.django_db(transaction=True)
def test_stream_keeps_its_shard_when_the_number_of_shards_grows(settings):
    settings.OUTBOX_SHARDS = 1
    commit(STREAM)
    settings.OUTBOX_SHARDS = 512
    commit(STREAM)

    assert set(OutboxMessage.objects.values_list("shard", flat=True)) == {0}
