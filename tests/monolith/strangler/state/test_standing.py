from __future__ import annotations

import pytest

from monolith.strangler.models import PathState
from monolith.strangler.state import standing
from tests.monolith.strangler.gates.recorded import move, open_epoch, stand
from tests.monolith.strangler.gates.sound import ago

pytestmark = pytest.mark.django_db


def test_path_that_was_never_moved_stands_on_the_lowest_rung():
    found = standing.get_standing("shelf")

    assert (found.rung.name, found.since, found.epoch) == ("monolith", None, 0)
    assert (found.opened_at, found.epochs_of_this_code) == (None, (0,))


def test_rung_and_its_dial_come_from_the_state():
    stand("canary-5", at=ago(hours=3))

    found = standing.get_standing("shelf")

    assert (found.rung.name, found.dial.canary_bp) == ("canary-5", 500)
    assert found.since == ago(hours=3)


def test_stay_on_a_rung_goes_on_while_only_other_things_change():
    stand("canary-5", at=ago(hours=3))
    move("canary-5", "canary-5", at=ago(hours=1), kind="pause")

    assert standing.get_standing("shelf").since == ago(hours=3)


def test_coming_back_to_a_rung_begins_a_new_stay():
    stand("canary-5", at=ago(hours=9))
    move("canary-5", "canary-1", at=ago(hours=8))
    move("canary-1", "canary-5", at=ago(hours=2))

    assert standing.get_standing("shelf").since == ago(hours=2)


def test_stay_that_the_audit_does_not_know_is_none():
    stand("canary-5", at=ago(hours=9))
    PathState.objects.update(stage=40, canary_bp=10_000)

    assert standing.get_standing("shelf").since is None


def test_epochs_of_this_code_differ_in_the_dial_only():
    open_epoch(1, at=ago(days=9), service="old")
    open_epoch(2, at=ago(days=5), dial="a")
    open_epoch(3, at=ago(days=4), rules=["pennies"])
    open_epoch(4, at=ago(days=3), dial="b")

    found = standing.get_standing("shelf")

    assert (found.epoch, found.opened_at) == (4, ago(days=3))
    assert set(found.epochs_of_this_code) == {2, 4}
    assert found.code_since == ago(days=5)


def test_automatic_rollbacks_are_moves_down_and_freezes_by_the_machine():
    move("canary-1", "canary-5", at=ago(days=9), actor_kind="auto")
    move("canary-5", "canary-1", at=ago(days=8), actor_kind="auto")
    move("canary-5", "canary-1", at=ago(days=7))
    move("canary-1", "canary-1", at=ago(days=6), actor_kind="auto", after={"hold": "frozen"})
    move("canary-5", "canary-1", at=ago(days=30), actor_kind="auto")

    assert standing.count_automatic_rollbacks("shelf", since=ago(days=14)) == 2
