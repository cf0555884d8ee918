from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from monolith.strangler.deciding.decision import Held, Hold
from monolith.strangler.deciding.ladder import WHOLE, Dial
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import CohortException, Epoch, Heartbeat, PathState
from monolith.strangler.state import controls
from monolith.strangler.state.controls import POLL_SECONDS, TRUSTED_SECONDS, ControlCache, Controls
from tests.factories import NOON


class Database:
    """Controls to read, a clock to move, and a count of how often somebody looked."""

    def __init__(self):
        self.now, self.looks, self.is_down = 1_000.0, 0, False
        self.held = {"shelf": Held(stage=Stage.SERVICE)}
        self.cache = ControlCache(self.read, clock=lambda: self.now)

    def read(self):
        self.looks += 1
        if self.is_down:
            raise OperationalError("the database is down")
        return Controls(held=dict(self.held))

    def after(self, seconds):
        self.now += seconds
        held = controls.held(self.cache.current(), "shelf")
        return held and held.stage


def test_controls_are_looked_up_once_a_second():
    database = Database()

    seen = [database.after(0.09) for _ in range(10)]

    assert (set(seen), database.looks) == ({Stage.SERVICE}, 1)


def test_change_is_seen_within_a_second():
    database = Database()
    database.after(0)
    database.held["shelf"] = Held(stage=Stage.MONOLITH)

    assert database.after(POLL_SECONDS) is Stage.MONOLITH


def test_path_that_nobody_moved_is_at_monolith():
    assert controls.held(Database().cache.current(), "attic") == Held()


def test_last_good_controls_are_kept_while_the_database_is_down():
    database = Database()
    database.after(0)
    database.is_down = True

    assert database.after(TRUSTED_SECONDS) is Stage.SERVICE


def test_nothing_is_known_when_nothing_was_read_for_three_seconds():
    database = Database()
    database.after(0)
    database.is_down = True

    assert database.after(TRUSTED_SECONDS + 0.1) is None


def test_nothing_is_known_when_nothing_was_ever_read():
    database = Database()
    database.is_down = True

    assert database.after(0) is None


def test_database_that_is_down_is_not_asked_for_every_read():
    database = Database()
    database.is_down = True

    for _ in range(10):
        database.after(0.09)

    assert database.looks == 1


def test_controls_are_known_again_when_the_database_is_back():
    database = Database()
    database.is_down = True
    database.after(0)
    database.is_down = False

    assert database.after(POLL_SECONDS) is Stage.SERVICE


def test_forgotten_controls_are_read_again_at_once():
    database = Database()
    database.after(0)
    database.held["shelf"] = Held(stage=Stage.MONOLITH)

    database.cache.forget()

    assert database.after(0) is Stage.MONOLITH


def test_where_somebody_polls_in_the_background_readers_never_look():
    database = Database()
    database.cache.is_driven = True
    database.cache.poll()

    seen = {database.after(POLL_SECONDS) for _ in range(2)}

    assert (seen, database.looks) == ({Stage.SERVICE}, 1)


def test_nobody_waits_for_somebody_elses_look():
    database = Database()
    database.after(0)
    looking, may_end = threading.Event(), threading.Event()

    def look_slowly():
        looking.set()
        may_end.wait(10)
        return Controls(held={"shelf": Held(stage=Stage.MONOLITH)})

    database.cache._read = look_slowly
    database.now += POLL_SECONDS
    slow = threading.Thread(target=database.cache.current)
    slow.start()
    looking.wait(10)

    meanwhile = database.after(0)

    may_end.set()
    slow.join()
    assert meanwhile is Stage.SERVICE
    assert database.after(0) is Stage.MONOLITH


@pytest.mark.django_db
def test_everything_in_force_is_read_in_one_statement(django_assert_num_queries):
    PathState.objects.create(
        path="shelf", stage=Stage.CANARY, canary_bp=500, shadow_bp=WHOLE, changed_at=NOON
    )
    PathState.objects.create(path="all", is_killed=True, changed_at=NOON)
    now = timezone.now()
    for subject, is_in, ends in (("7", True, 1), ("8", False, 1), ("9", True, -1)):
        CohortException.objects.create(
            family="library",
            subject=subject,
            is_in=is_in,
            reason="asked for it",
            by="dana",
            expires_at=now + timedelta(days=ends),
        )
    for number in (1, 2):
        Epoch.objects.create(
            path="shelf", number=number, fingerprint="f", facts={}, why="w", opened_at=NOON
        )

    with django_assert_num_queries(1):
        known = controls.read_controls()

    assert known.held["shelf"] == Held(
        stage=Stage.CANARY, dial=Dial(shadow_bp=WHOLE, canary_bp=500)
    )
    assert known.killed == {"all"}
    assert known.exceptions == {("library", "7"): True, ("library", "8"): False}
    assert known.epochs == {"shelf": 2}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hold", "until", "held"),
    [
        ("paused", None, Hold.PAUSED),
        ("paused", timedelta(hours=1), Hold.PAUSED),
        ("paused", timedelta(hours=-1), Hold.NONE),
        ("frozen", timedelta(hours=-1), Hold.FROZEN),
    ],
)
def test_pause_ends_by_itself_and_a_freeze_does_not(hold, until, held):
    hold_until = until and timezone.now() + until
    PathState.objects.create(path="shelf", hold=hold, hold_until=hold_until, changed_at=NOON)

    assert controls.read_controls().held["shelf"].hold is held


@pytest.mark.django_db
def test_heart_that_no_longer_beats_says_nothing_about_the_service():
    now = timezone.now()
    Heartbeat.objects.create(
        path="shelf",
        sent_version=9,
        sent_at=now - timedelta(seconds=31),
        seen_version=8,
        seen_sent_at=now - timedelta(seconds=33),
    )

    assert controls.read_controls().silent == frozenset()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "seen", "seen_ago", "is_silent"),
    [(9, 9, 60, False), (9, 8, 29, False), (9, 8, 31, True), (9, 0, None, False)],
)
def test_service_that_no_longer_hears_the_heart_beat_is_silent(sent, seen, seen_ago, is_silent):
    now = timezone.now()
    Heartbeat.objects.create(
        path="shelf",
        sent_version=sent,
        sent_at=now,
        seen_version=seen,
        seen_sent_at=None if seen_ago is None else now - timedelta(seconds=seen_ago),
    )

    assert ("shelf" in controls.read_controls().silent) is is_silent


@pytest.mark.parametrize(
    ("setting", "file", "killed"),
    [
        ([], None, []),
        (["shelf"], None, ["shelf"]),
        (["all"], None, ["shelf", "attic"]),
        ([], "", ["shelf", "attic"]),
        ([], "all\n", ["shelf", "attic"]),
        ([], "shelf\n", ["shelf"]),
        (["attic"], "shelf, cellar", ["shelf", "attic"]),
    ],
)
def test_kill_switch_works_by_setting_and_by_file(settings, tmp_path, setting, file, killed):
    settings.STRANGLER_KILL = setting
    settings.STRANGLER_KILL_FILE = tmp_path / "kill"
    if file is not None:
        (tmp_path / "kill").write_text(file)

    assert [path for path in ("shelf", "attic") if controls.is_killed(path, None)] == killed


def test_kill_file_that_cannot_be_read_kills_everything(settings, tmp_path):
    settings.STRANGLER_KILL_FILE = tmp_path

    assert controls.is_killed("shelf", None)


@pytest.mark.parametrize("killed", ["shelf", "all"])
def test_kill_switch_in_the_database_reaches_every_machine(killed):
    assert controls.is_killed("shelf", Controls(killed=frozenset({killed})))


@pytest.mark.django_db
def test_controls_tell_when_the_newest_beat_was_sent_that_a_service_has_heard():
    Heartbeat.objects.create(path="shelf", seen_sent_at=NOON)
    Heartbeat.objects.create(path="attic")

    assert controls.read_controls().heard == {"shelf": NOON}
