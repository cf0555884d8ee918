from __future__ import annotations

import random
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction

from event_contracts.ordering import OrderHistorySnapshotTaken
from monolith.outbox import recording
from monolith.outbox.models import OutboxMessage
from monolith.strangler import backfill, registry
from monolith.strangler.backfill import BackfillStalled, knobs, running, throttling
from monolith.strangler.models import BackfillRun
from tests.factories import NOON, recorded
from tests.monolith.outbox.events import commit, sold_out
from tests.monolith.strangler.people import WHO

if TYPE_CHECKING:
    from uuid import UUID

SHELVES = range(1, 36)


@pytest.fixture
def shelves(library, monkeypatch):
    monkeypatch.setattr(knobs, "CHUNK_KEYS", 10)
    # No relay runs here, and nobody asked how long the tests take.
    monkeypatch.setattr(throttling, "OLDEST_SECONDS", 3_600)
    for number in SHELVES:
        library.put(number, ["Emma"])
    recording.start_streams(f"customer/{number}" for number in SHELVES)
    return library


def snapshots():
    return [event for event in recorded() if isinstance(event.data, OrderHistorySnapshotTaken)]


@pytest.mark.django_db
def test_every_key_gets_one_snapshot_at_its_version(shelves):
    commit("customer/9")

    run = backfill.run("shelf")

    versions = {event.stream: event.version for event in snapshots()}
    assert versions == {f"customer/{number}": 2 if number == 9 else 1 for number in SHELVES}
    assert len(snapshots()) == len(SHELVES)
    assert (run.keys_done, run.position) == (len(SHELVES), "35")
    assert run.finished_at is not None


@pytest.mark.django_db
def test_snapshots_are_for_the_paths_own_service(shelves):
    """Others take the same kind over, and would be kept from what happens meanwhile."""
    commit("customer/9")

    backfill.run("shelf")

    addressees = OutboxMessage.objects.values_list("event_type", "addressee").distinct()
    assert set(addressees) == {
        ("catalogue.product_sold_out.v1", None),
        ("ordering.order_history_snapshot_taken.v1", "shelf"),
    }


@pytest.mark.django_db
def test_finished_backfill_is_not_repeated(shelves):
    first = backfill.run("shelf")

    again = backfill.run("shelf")

    assert again == first
    assert len(snapshots()) == len(SHELVES)


@pytest.mark.django_db
def test_restart_sends_everything_again(shelves):
    first = backfill.run("shelf")

    again = backfill.run("shelf", restart=True)

    assert again != first
    assert len(snapshots()) == 2 * len(SHELVES)


@pytest.mark.django_db
def test_restart_abandons_what_was_under_way(shelves):
    unfinished = BackfillRun.objects.create(path="shelf", started_at=NOON, position="20")

    backfill.run("shelf", restart=True)

    unfinished.refresh_from_db()
    assert unfinished.abandoned_at is not None
    assert len(snapshots()) == len(SHELVES)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_backfill_goes_on_after_an_interruption_anywhere(shelves, monkeypatch, attempt):
    fatal = random.randrange(len(SHELVES))  # pytest-randomly seeds it and prints the seed
    calls = iter(range(1_000))
    record = recording.record_snapshot

    def interrupt(*args, **options):
        if next(calls) == fatal:
            raise KeyboardInterrupt
        return record(*args, **options)

    monkeypatch.setattr(recording, "record_snapshot", interrupt)
    with pytest.raises(KeyboardInterrupt):
        backfill.run("shelf")

    run = backfill.run("shelf")

    assert BackfillRun.objects.count() == 1
    assert run.keys_done == len(SHELVES)
    assert sorted(event.stream for event in snapshots()) == sorted(
        f"customer/{number}" for number in SHELVES
    )


@pytest.mark.django_db(transaction=True)
def test_two_backfills_at_once_share_the_work(shelves):
    start = threading.Barrier(2)

    def run():
        start.wait()
        try:
            backfill.run("shelf")
        finally:
            connection.close()

    running = [threading.Thread(target=run) for _ in range(2)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()

    assert BackfillRun.objects.count() == 1
    assert len(snapshots()) == len(SHELVES)


@pytest.fixture
def telling_shelves(shelves, monkeypatch):
    """A shelf's snapshot tells, as its customer, the version of the state that it was read from."""

    def snapshot(key):
        seen = recording.current_version(f"customer/{key}")
        return OrderHistorySnapshotTaken(customer_id=seen, orders=())

    path = registry.get_path("shelf")
    telling = replace(path, source=replace(path.source, snapshot=snapshot))
    monkeypatch.setitem(registry._declared, "shelf", telling)


@pytest.mark.django_db(transaction=True)
def test_snapshot_stands_between_the_events_that_it_contains_and_those_it_does_not(
    telling_shelves,
):
    stop = threading.Event()
    written: list[UUID] = []

    def write():
        dice = random.Random(7)
        try:
            while not stop.is_set() or len(written) < 50:
                stream = f"customer/{dice.choice(SHELVES)}"
                with transaction.atomic():
                    written.append(recording.record(sold_out(), stream=stream, occurred_at=NOON))
        finally:
            connection.close()

    writing = [threading.Thread(target=write) for _ in range(2)]
    for thread in writing:
        thread.start()
    try:
        backfill.run("shelf")
        backfill.run("shelf", restart=True)
    finally:
        stop.set()
        for thread in writing:
            thread.join()

    assert len(written) >= 50
    _assert_versions_stand_in_order()


def _assert_versions_stand_in_order():
    reached = {f"customer/{number}": 1 for number in SHELVES}
    for event in recorded():
        is_snapshot = isinstance(event.data, OrderHistorySnapshotTaken)
        assert event.version == reached[event.stream] + (0 if is_snapshot else 1), event
        assert not is_snapshot or event.data.customer_id == event.version, event
        reached[event.stream] = event.version


@pytest.mark.django_db
def test_backfill_waits_while_the_outbox_is_full_and_says_so(shelves, monkeypatch):
    notes = []

    def drain(keys, note):
        if note:
            notes.append(note)
            OutboxMessage.objects.update(published_at=NOON)

    run = backfill.run("shelf", knobs={"pending": "15"}, who=WHO, report=drain)

    assert run.keys_done == len(SHELVES)
    assert notes == ["outbox: 20 events pending, limit 15"]


@pytest.mark.django_db
def test_backfill_stops_when_the_outbox_does_not_drain(shelves, monkeypatch):
    monkeypatch.setattr(running, "STALL_SECONDS", 0.5)

    with pytest.raises(BackfillStalled, match="does the worker with the relay run"):
        backfill.run("shelf", knobs={"pending": "5"}, who=WHO)

    OutboxMessage.objects.update(published_at=NOON)
    assert backfill.run("shelf", knobs={"pending": "2000"}, who=WHO).keys_done == len(SHELVES)


@pytest.mark.django_db
def test_progress_adds_up_to_the_keys(shelves):
    steps = []

    backfill.run("shelf", report=lambda keys, _note: steps.append(keys))

    assert sum(steps) == len(SHELVES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "constraint"),
    [({}, "one_open"), ({"finished_at": NOON, "abandoned_at": NOON}, "ends_once")],
)
def test_database_refuses_runs_that_make_no_sense(changes, constraint):
    BackfillRun.objects.create(path="shelf", started_at=NOON)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        BackfillRun.objects.create(path="shelf", started_at=NOON, **changes)
