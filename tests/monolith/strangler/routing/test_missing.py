from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from monolith.outbox import recording
from monolith.strangler import routing
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.decision import Source
from monolith.strangler.routing import missing
from tests.monolith.strangler.library import ShelfQuery


@pytest.fixture
def read(at_service, standing, monkeypatch):
    """Read a shelf whose service stands at 3, as one who wrote version 4; return what is alarmed.

    `heard`: so many seconds after now the newest beat was sent that the service has heard.
    """

    def read_once(*, heard=None, wanted=4, stands_at=3):
        at = {"shelf": timezone.now() + timedelta(seconds=heard)} if heard is not None else {}
        standing("service", heard=at)
        monkeypatch.setattr(recording, "current_version", lambda _stream: wanted)
        at_service.respond = at_service.answer_json({"as_of": stands_at, "books": ["Emma"]})
        answered = routing.answer("shelf", ShelfQuery(7))
        is_behind = stands_at < wanted
        assert answered.source is (Source.MONOLITH if is_behind else Source.SERVICE)
        return [seen.watch for seen in tallies.take().observations if seen.watch == "lost"]

    return read_once


LATER = missing.PATIENCE.total_seconds() + 1


def test_version_that_later_beats_have_overtaken_is_lost(read):
    alarms = [read(), read(heard=LATER)]

    assert alarms == [[], ["lost"]]


def test_lost_version_is_told_once(read):
    alarms = [read(), read(heard=LATER), read(heard=LATER)]

    assert alarms == [[], ["lost"], []]


def test_service_that_lags_with_everything_has_lost_nothing(read):
    alarms = [read(), read(heard=-60), read()]

    assert alarms == [[], [], []]


def test_beat_that_was_sent_shortly_after_proves_nothing(read):
    alarms = [read(), read(heard=LATER - 2)]

    assert alarms == [[], []]


def test_service_that_comes_on_behind_a_busy_writer_has_lost_nothing(read):
    alarms = [read(), read(heard=LATER, wanted=5, stands_at=4)]

    assert alarms == [[], []]


def test_service_that_caught_up_begins_anew(read):
    alarms = [read(), read(stands_at=4), read(heard=LATER, wanted=5, stands_at=4)]

    assert alarms == [[], [], []]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(missing, "_MOST", 3)

    for number in range(10):
        missing.behind("shelf", f"shelf/{number}", as_of=1, wanted=2)

    assert len(missing._missed) == 3
