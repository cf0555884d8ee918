from __future__ import annotations

import threading

import pytest
from django.db import OperationalError

from monolith.strangler import queries
from monolith.strangler.models import PathState
from monolith.strangler.queries import POLL_SECONDS, TRUSTED_SECONDS, StageCache
from monolith.strangler.stages import Stage
from tests.factories import NOON


class Stages:
    """Stages to read, a clock to move, and a count of how often somebody looked."""

    def __init__(self):
        self.now, self.looks, self.is_down = 1_000.0, 0, False
        self.stages = {"shelf": Stage.SERVICE}
        self.cache = StageCache(self.read, clock=lambda: self.now)

    def read(self):
        self.looks += 1
        if self.is_down:
            raise OperationalError("the database is down")
        return dict(self.stages)

    def after(self, seconds):
        self.now += seconds
        return self.cache.stage_of("shelf")


def test_stage_is_looked_up_once_in_two_seconds():
    stages = Stages()

    seen = [stages.after(0.1) for _ in range(10)]

    assert (set(seen), stages.looks) == ({Stage.SERVICE}, 1)


def test_change_is_seen_within_two_seconds():
    stages = Stages()
    stages.after(0)
    stages.stages["shelf"] = Stage.MONOLITH

    assert stages.after(POLL_SECONDS) is Stage.MONOLITH


def test_path_that_nobody_moved_is_at_monolith():
    stages = Stages()

    assert stages.cache.stage_of("attic") is Stage.MONOLITH


def test_last_good_stage_is_kept_while_the_database_is_down():
    stages = Stages()
    stages.after(0)
    stages.is_down = True

    assert stages.after(TRUSTED_SECONDS) is Stage.SERVICE


def test_stage_is_unknown_when_nothing_was_read_for_thirty_seconds():
    stages = Stages()
    stages.after(0)
    stages.is_down = True

    assert stages.after(TRUSTED_SECONDS + 0.1) is None


def test_stage_is_unknown_when_nothing_was_ever_read():
    stages = Stages()
    stages.is_down = True

    assert stages.after(0) is None


def test_database_that_is_down_is_not_asked_for_every_read():
    stages = Stages()
    stages.is_down = True

    for _ in range(10):
        stages.after(0.1)

    assert stages.looks == 1


def test_stage_is_known_again_when_the_database_is_back():
    stages = Stages()
    stages.is_down = True
    stages.after(0)
    stages.is_down = False

    assert stages.after(POLL_SECONDS) is Stage.SERVICE


def test_forgotten_stage_is_read_again_at_once():
    stages = Stages()
    stages.after(0)
    stages.stages["shelf"] = Stage.MONOLITH

    stages.cache.forget()

    assert stages.after(0) is Stage.MONOLITH


def test_nobody_waits_for_somebody_elses_look():
    stages = Stages()
    stages.after(0)
    looking, may_end = threading.Event(), threading.Event()

    def look_slowly():
        looking.set()
        may_end.wait(10)
        return {"shelf": Stage.MONOLITH}

    stages.cache._read = look_slowly
    stages.now += POLL_SECONDS
    slow = threading.Thread(target=stages.cache.stage_of, args=("shelf",))
    slow.start()
    looking.wait(10)

    meanwhile = stages.cache.stage_of("shelf")

    may_end.set()
    slow.join()
    assert meanwhile is Stage.SERVICE
    assert stages.cache.stage_of("shelf") is Stage.MONOLITH


@pytest.mark.django_db
def test_stages_are_read_from_their_rows():
    PathState.objects.create(path="shelf", stage=Stage.SERVICE, changed_at=NOON)

    assert queries.stages.stage_of("shelf") is Stage.SERVICE


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

    assert [path for path in ("shelf", "attic") if queries.is_killed(path)] == killed


def test_kill_file_that_cannot_be_read_kills_everything(settings, tmp_path):
    settings.STRANGLER_KILL_FILE = tmp_path

    assert queries.is_killed("shelf")
