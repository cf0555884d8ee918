from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from event_contracts.strangler import HeartbeatSent
from monolith.strangler import registry
from monolith.strangler.calling.clients import ServiceRefused
from monolith.strangler.models import Heartbeat
from monolith.strangler.watching import heartbeats
from monolith.strangler.watching.heartbeats import NoHeartbeat
from tests.factories import later, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def beating(library, service, monkeypatch):
    monkeypatch.setitem(registry._declared, "shelf", library.summed_path())
    return service


def arrived(service, version):
    service.respond = service.answer_json({"as_of": version, "books": []})


def test_beat_is_an_event_of_the_reserved_stream(beating):
    versions = [heartbeats.send("shelf", later(seconds=second)) for second in range(2)]

    assert versions == [1, 2]
    assert [(event.stream, event.version, event.data) for event in recorded()] == [
        (f"customer/{999}", second + 1, HeartbeatSent(path="shelf", sent_at=later(seconds=second)))
        for second in range(2)
    ]
    sent = Heartbeat.objects.get()
    assert (sent.sent_version, sent.sent_at) == (2, later(seconds=1))


def test_beat_that_is_not_committed_was_not_sent(beating):
    with transaction.atomic():
        heartbeats.send("shelf", later())
        transaction.set_rollback(True)

    assert not Heartbeat.objects.exists()
    assert recorded() == []


def test_lag_is_the_age_of_the_newest_beat_that_arrived(beating):
    for second in range(5):
        heartbeats.send("shelf", later(seconds=second))
    arrived(beating, 3)

    lag = heartbeats.look("shelf", later(seconds=10))

    assert lag == 8.0
    seen = Heartbeat.objects.get()
    assert (seen.seen_version, seen.seen_sent_at) == (3, later(seconds=2))
    assert seen.looked_at == later(seconds=10)


def test_lag_grows_when_beats_are_not_sent_any_more(beating):
    heartbeats.send("shelf", later())
    arrived(beating, 1)

    lags = [heartbeats.look("shelf", later(seconds=second)) for second in (1, 60, 600)]

    assert lags == [1.0, 60.0, 600.0]


def test_beats_that_have_been_seen_are_forgotten(beating):
    for second in range(5):
        heartbeats.send("shelf", later(seconds=second))
    arrived(beating, 4)

    heartbeats.look("shelf", later(seconds=10))

    assert [version for version, _ in Heartbeat.objects.get().beats] == [4, 5]


def test_beats_that_nobody_sees_are_not_kept_for_ever(beating, monkeypatch):
    monkeypatch.setattr(heartbeats, "MOST_BEATS", 3)

    for second in range(5):
        heartbeats.send("shelf", later(seconds=second))

    assert [version for version, _ in Heartbeat.objects.get().beats] == [3, 4, 5]


def test_service_behind_all_that_is_remembered_keeps_its_last_lag(beating, monkeypatch):
    monkeypatch.setattr(heartbeats, "MOST_BEATS", 2)
    heartbeats.send("shelf", later())
    arrived(beating, 1)
    heartbeats.look("shelf", later(seconds=1))
    for second in range(2, 8):
        heartbeats.send("shelf", later(seconds=second))
    arrived(beating, 2)

    assert heartbeats.look("shelf", later(seconds=10)) == 10.0


def test_nothing_is_known_before_the_first_beat_arrives(beating):
    heartbeats.send("shelf", later())
    beating.respond = beating.problem(404, "shelf-not-complete")

    assert heartbeats.look("shelf", later(seconds=1)) is None
    assert Heartbeat.objects.get().looked_at == later(seconds=1)


def test_service_s_build_is_noted(beating):
    beating.build = "0a1b2c"
    arrived(beating, 1)

    heartbeats.look("shelf", later())

    assert Heartbeat.objects.get().build == "0a1b2c"


def test_failing_service_is_not_taken_for_a_late_one(beating):
    beating.respond = beating.problem(500, "broken")

    with pytest.raises(ServiceRefused):
        heartbeats.look("shelf", later())


def test_path_without_heartbeat_sends_none(library, service):
    with pytest.raises(NoHeartbeat):
        heartbeats.send("shelf", later())


def test_nobody_can_be_asked_without_an_address(beating, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    with pytest.raises(NoHeartbeat):
        heartbeats.look("shelf", later())


def test_restored_heartbeat_states_where_it_stood(beating):
    heartbeats.restore("shelf")
    assert recorded() == []
    heartbeats.send("shelf", later())

    heartbeats.restore("shelf")

    assert [(event.event_type, event.version) for event in recorded()] == [
        ("strangler.heartbeat_sent.v1", 1),
        ("ordering.order_history_snapshot_taken.v1", 1),
    ]


def test_whoever_listens_waits_for_the_beat_that_was_just_sent(beating):
    heartbeats.send("shelf", later(seconds=-60))
    newest = timezone.now()
    heartbeats.send("shelf", newest)
    beating.respond = beating.in_turn(
        beating.answer_json({"as_of": 1, "books": []}),
        beating.answer_json({"as_of": 2, "books": []}),
    )

    lag = heartbeats.listen("shelf")

    seen = Heartbeat.objects.get()
    assert (seen.seen_version, seen.seen_sent_at) == (2, newest)
    assert seen.looked_at is not None
    assert lag == (seen.looked_at - newest).total_seconds()


def test_looks_that_bring_nothing_new_are_not_written_down(
    beating, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(heartbeats, "_LISTEN_EVERY_SECONDS", 0)
    monkeypatch.setattr(heartbeats, "LISTEN_SECONDS", 60)
    heartbeats.send("shelf", later())
    heartbeats.send("shelf", later(seconds=1))
    before = beating.answer_json({"as_of": 1, "books": []})
    arrived = beating.answer_json({"as_of": 2, "books": []})
    beating.respond = beating.in_turn(*[before] * 5, arrived)

    # Each note is a transaction (savepoint, lock, write, release): the first look, and the last.
    with django_assert_num_queries(2 * 4):
        heartbeats.listen("shelf")

    assert len(beating.asked) == 6
    assert Heartbeat.objects.get().seen_version == 2


def test_listening_ends_where_nothing_arrives(beating, monkeypatch):
    monkeypatch.setattr(heartbeats, "LISTEN_SECONDS", 0.0)
    heartbeats.send("shelf", later())
    heartbeats.send("shelf", later(seconds=1))
    arrived(beating, 1)

    lag = heartbeats.listen("shelf")

    seen = Heartbeat.objects.get()
    assert seen.looked_at is not None
    assert lag == (seen.looked_at - later()).total_seconds()
