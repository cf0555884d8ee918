from __future__ import annotations

from dataclasses import replace

import pytest

from monolith.strangler import backfill
from monolith.strangler.backfill import BadKnob, NoBackfill, throttling
from monolith.strangler.models import BackfillChunk, BackfillRun, Transition
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.state.audit import ReasonMissing
from tests.factories import NOON
from tests.monolith.strangler.people import WHO

pytestmark = pytest.mark.django_db


TURNED = {
    "chunk": "20", "nice": "0.5", "pending": "9", "slower": "3", "lag": "45",
    "ahead": "90", "hours": "22-6",
}  # fmt: skip
NAMES = tuple(TURNED)


@pytest.fixture
def shelves(library, monkeypatch):
    monkeypatch.setattr(throttling, "OLDEST_SECONDS", 3_600)
    for number in range(1, 36):
        library.put(number, ["Emma"])
    return library


@pytest.fixture
def under_way(shelves):
    return BackfillRun.objects.create(path="shelf", started_at=NOON)


def chunk_sizes():
    return list(BackfillChunk.objects.order_by("pk").values_list("keys", flat=True))


def test_knobs_stand_at_their_defaults_until_they_are_turned(under_way, settings):
    settings.STRANGLER_BACKFILL_MAX_PENDING = 77

    before = [backfill.read_knob("shelf", name) for name in NAMES]
    backfill.turn("shelf", TURNED, WHO)
    after = [backfill.read_knob("shelf", name) for name in NAMES]

    assert (before, after) == (
        ["1000", "0", "77", "1.2", "30", "500", "off"],
        ["20", "0.5", "9", "3", "45", "90", "22-6"],
    )


def test_whoever_steers_is_in_the_audit(under_way):
    backfill.turn("shelf", {"nice": "0.5"}, WHO)
    backfill.pause("shelf", WHO)
    backfill.resume("shelf", WHO)
    backfill.abort("shelf", WHO)

    noted = Transition.objects.order_by("pk")
    assert [row.noted for row in noted] == [
        "backfill nice 0.5", "backfill state paused", "backfill state running",
        "backfill state aborted",
    ]  # fmt: skip
    assert noted[0].before == {"nice": "0"}
    assert {(row.actor, row.reason, row.version) for row in noted} == {("dana", "peak", None)}


@pytest.mark.parametrize("steer", [backfill.pause, backfill.resume, backfill.abort])
def test_nobody_steers_without_a_reason(under_way, steer):
    with pytest.raises(ReasonMissing):
        steer("shelf", replace(WHO, reason=""))

    under_way.refresh_from_db()
    assert (under_way.paused_by, under_way.abandoned_at) == ("", None)


def test_hours_are_let_go_again(under_way):
    backfill.turn("shelf", {"hours": "22-6"}, WHO)
    backfill.turn("shelf", {"hours": "off"}, WHO)

    assert backfill.read_knob("shelf", "hours") == "off"


def test_slower_machine_is_given_more_by_its_profile(under_way, settings):
    settings.STRANGLER_PROFILE = "demo"

    assert backfill.read_knob("shelf", "slower") == "3.6"


def test_large_knob_is_read_back_as_it_was_turned(under_way):
    backfill.turn("shelf", {"pending": "2000000"}, WHO)

    assert backfill.read_knob("shelf", "pending") == "2000000"


def test_knob_is_in_force_before_the_next_chunk(shelves):
    def turn(_keys, _note):
        backfill.turn("shelf", {"chunk": "20"}, WHO)

    backfill.run("shelf", knobs={"chunk": "5"}, who=WHO, report=turn)

    assert chunk_sizes()[:1] == [5]
    assert max(chunk_sizes()) > 5
    assert sum(chunk_sizes()) == 35


def test_chunk_alone_is_not_more_than_may_be_sent_ahead(shelves):
    backfill.run("shelf", knobs={"ahead": "5"}, who=WHO)

    assert set(chunk_sizes()) == {5}


@pytest.mark.parametrize(
    "knob",
    [
        {"speed": "9"},
        {"chunk": "0"},
        {"chunk": "many"},
        {"chunk": "1.5"},
        {"nice": "-1"},
        {"nice": "nan"},
        {"pending": "99999999999"},
        {"slower": "0.9"},
        {"lag": "0"},
        {"lag": "nan"},
        {"ahead": "0"},
        {"hours": "22"},
        {"hours": "24-6"},
        {"hours": "6-25"},
        {"hours": "7-7"},
    ],
)
def test_knob_that_cannot_be_turned_turns_nothing(under_way, knob):
    with pytest.raises(BadKnob):
        backfill.turn("shelf", {"nice": "3", **knob} if "nice" not in knob else knob, WHO)

    under_way.refresh_from_db()
    assert (under_way.nice, under_way.chunk_keys) == (0, 0)


def test_unknown_knob_cannot_be_read(under_way):
    with pytest.raises(BadKnob, match="there are chunk, nice, pending, slower, lag"):
        backfill.read_knob("shelf", "speed")


def test_aborted_backfill_ends_with_its_chunk(shelves):
    def abort(_keys, _note):
        backfill.abort("shelf", WHO)

    done = backfill.run("shelf", knobs={"chunk": "5"}, who=WHO, report=abort)

    assert (done.keys_done, done.abandoned_at) == (5, NOON)
    assert chunk_sizes() == [5]


def test_backfill_after_an_aborted_one_begins_anew(shelves):
    def abort(_keys, _note):
        backfill.abort("shelf", WHO)

    backfill.run("shelf", knobs={"chunk": "5"}, who=WHO, report=abort)

    assert backfill.run("shelf").keys_done == 35
    assert BackfillRun.objects.count() == 2


@pytest.mark.parametrize(
    "act",
    [
        lambda: backfill.pause("shelf", WHO),
        lambda: backfill.resume("shelf", WHO),
        lambda: backfill.abort("shelf", WHO),
        lambda: backfill.turn("shelf", {"chunk": "5"}, WHO),
        lambda: backfill.read_knob("shelf", "chunk"),
    ],
)
def test_only_a_backfill_under_way_can_be_steered(library, act):
    BackfillRun.objects.create(path="shelf", started_at=NOON, finished_at=NOON)

    with pytest.raises(NoBackfill):
        act()


def test_path_that_is_none_cannot_be_steered():
    with pytest.raises(PathNotDeclared):
        backfill.pause("attic", WHO)


def test_every_chunk_is_written_down(shelves):
    backfill.run("shelf", knobs={"chunk": "20"}, who=WHO)

    chunks = BackfillChunk.objects.order_by("pk")
    assert [(chunk.first_key, chunk.last_key, chunk.keys) for chunk in chunks] == [
        ("1", "20", 20),
        ("21", "35", 15),
    ]
    assert all(chunk.seconds > 0 for chunk in chunks)
