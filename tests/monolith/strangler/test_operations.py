from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from monolith.strangler import backfill, operations, queries
from monolith.strangler.models import BackfillRun, PathState, Transition
from monolith.strangler.operations import (
    AdvanceRefused,
    NothingToRollBack,
    ReasonMissing,
    StateChanged,
)
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.stages import Stage
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(library, service):
    BackfillRun.objects.create(path="shelf", started_at=NOON, finished_at=NOON)


def advance(**changes):
    given = {"path": "shelf", "actor": "dana", "reason": "reconciled", "at": NOON}
    return operations.advance(**{**given, **changes})


def roll_back(**changes):
    given = {"path": "shelf", "actor": "dana", "reason": "too many timeouts", "at": NOON}
    return operations.roll_back(**{**given, **changes})


def test_advance_after_the_backfill_lets_the_service_answer(filled):
    moved = advance()

    assert queries.stages.stage_of("shelf") is Stage.SERVICE
    assert (moved.from_stage, moved.to_stage, moved.version) == (Stage.MONOLITH, Stage.SERVICE, 1)
    assert (moved.actor, moved.reason, moved.at) == ("dana", "reconciled", NOON)
    assert moved.took_microseconds > 0


def test_roll_back_lets_the_monolith_answer_in_this_process_at_once(filled):
    advance()

    moved = roll_back()

    assert queries.stages.stage_of("shelf") is Stage.MONOLITH
    assert (moved.from_stage, moved.to_stage, moved.version) == (Stage.SERVICE, Stage.MONOLITH, 2)


def test_roll_back_needs_neither_service_nor_backfill(filled, settings):
    advance()
    settings.STRANGLER_SERVICE_URLS = {}
    BackfillRun.objects.all().delete()

    assert roll_back().to_stage == Stage.MONOLITH


def test_path_can_be_advanced_again_after_a_roll_back(filled):
    advance()
    roll_back()

    assert advance().version == 3


@pytest.mark.parametrize(
    ("finished_at", "abandoned_at"), [(None, None), (None, NOON)], ids=["unfinished", "abandoned"]
)
def test_advance_is_refused_until_a_backfill_has_finished(
    library, service, finished_at, abandoned_at
):
    BackfillRun.objects.create(
        path="shelf", started_at=NOON, finished_at=finished_at, abandoned_at=abandoned_at
    )

    with pytest.raises(AdvanceRefused, match="strangler backfill shelf"):
        advance()

    assert not Transition.objects.exists()
    assert queries.stages.stage_of("shelf") is Stage.MONOLITH


def test_advance_is_refused_without_any_backfill(library, service):
    with pytest.raises(AdvanceRefused, match="has not begun"):
        advance()


def test_advance_is_refused_while_a_new_backfill_runs(filled):
    later = NOON.replace(hour=13)
    BackfillRun.objects.create(path="shelf", started_at=later)

    with pytest.raises(AdvanceRefused, match="has not finished"):
        advance()


def test_advance_is_refused_without_a_service(filled, settings):
    settings.STRANGLER_SERVICE_URLS = {}

    with pytest.raises(AdvanceRefused, match="no address"):
        advance()


@pytest.mark.parametrize("stage", [Stage.BACKFILL, Stage.SHADOW, Stage.CANARY, Stage.RETIRED])
def test_stage_of_a_later_release_cannot_be_entered(filled, stage):
    with pytest.raises(AdvanceRefused, match="cannot be entered"):
        advance(to=stage)


def test_advance_does_not_lead_down(filled):
    with pytest.raises(AdvanceRefused, match="roll back"):
        advance(to=Stage.MONOLITH)


def test_nothing_lies_above_service_yet(filled):
    advance()

    with pytest.raises(AdvanceRefused, match="nothing lies above"):
        advance()


def test_roll_back_at_the_bottom_is_refused(library):
    with pytest.raises(NothingToRollBack):
        roll_back()


@pytest.mark.parametrize("move", [advance, roll_back])
def test_unknown_path_cannot_be_moved(move):
    with pytest.raises(PathNotDeclared):
        move(path="attic")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_move_without_a_reason_is_refused(filled, reason):
    with pytest.raises(ReasonMissing):
        advance(reason=reason)

    assert not PathState.objects.filter(stage=Stage.SERVICE).exists()


def test_move_from_a_version_that_is_past_is_refused(filled):
    advance(expected_version=0)

    with pytest.raises(StateChanged, match="version 1 by now, not 0"):
        roll_back(expected_version=0)


def test_recorded_moves_cannot_be_changed_or_deleted(filled):
    advance()

    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        Transition.objects.update(actor="nobody")
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        Transition.objects.all().delete()


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"to_stage": 41}, "stages_known"),
        ({"to_stage": Stage.MONOLITH}, "goes_somewhere"),
        ({"actor": ""}, "says_who_and_why"),
        ({"reason": ""}, "says_who_and_why"),
    ],
)
def test_database_refuses_moves_that_make_no_sense(changes, constraint):
    move = {"path": "shelf", "version": 1, "actor": "dana", "reason": "why", "at": NOON}
    steps = {"from_stage": Stage.MONOLITH, "to_stage": Stage.SERVICE, "took_microseconds": 1}

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Transition.objects.create(**{**move, **steps, **changes})


def test_database_refuses_a_stage_that_is_not_on_the_ladder():
    with pytest.raises(IntegrityError, match="stage_known"), transaction.atomic():
        PathState.objects.create(path="shelf", stage=41, changed_at=NOON)


@pytest.mark.django_db(transaction=True)
def test_two_engineers_at_once_make_one_move_each_recorded_once(library, service):
    backfill.run("shelf")
    advance()
    roll_back()
    start = threading.Barrier(4)
    outcomes = []

    def press():
        start.wait()
        try:
            outcomes.append(advance().version)
        except AdvanceRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    pressing = [threading.Thread(target=press) for _ in range(4)]
    for thread in pressing:
        thread.start()
    for thread in pressing:
        thread.join()

    assert sorted(outcomes, key=str) == [3, "refused", "refused", "refused"]
    assert Transition.objects.count() == 3
