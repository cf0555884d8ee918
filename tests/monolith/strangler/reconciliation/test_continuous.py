from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from monolith.strangler import reconciliation
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState, ReconcileRun
from monolith.strangler.reconciliation import continuous, keeping
from tests.factories import NOON
from tests.monolith.strangler.summing_service import COUNT

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_under_way():
    continuous.forget()
    yield
    continuous.forget()


@pytest.fixture
def in_shadow(summing):
    PathState.objects.create(path="shelf", stage=Stage.SHADOW, changed_at=NOON)
    return summing


def steps(count):
    return [reconciliation.step("shelf") for _ in range(count)]


def to_the_end():
    while (step := reconciliation.step("shelf")).finished is None:
        assert not step.is_idle, step
    return step.finished


def test_each_step_is_a_chunk_and_the_last_ends_it(in_shadow):
    taken = steps(4)

    row = to_the_end()

    assert [step.keys for step in taken] == [10, 10, 10, 10]
    assert row.counts == {"match": COUNT}
    assert row.is_continuous
    assert row.finished_at is not None


def test_next_comparison_begins_when_one_has_ended(in_shadow):
    first = to_the_end()

    second = to_the_end()

    assert first.pk != second.pk
    assert ReconcileRun.objects.exclude(finished_at=None).count() == 2


def test_nothing_is_compared_below_shadow(in_shadow):
    PathState.objects.update(stage=Stage.BACKFILL)

    step = reconciliation.step("shelf")

    assert (step.is_idle, step.note) == (True, "the path is below shadow")
    assert in_shadow.asked == []
    assert not ReconcileRun.objects.exists()


def test_successor_goes_on_where_a_process_ended(in_shadow):
    steps(2)
    continuous.forget()
    ReconcileRun.objects.update(active_at=F("active_at") - timedelta(seconds=61))

    row = to_the_end()

    assert ReconcileRun.objects.get() == row
    assert (row.keys, row.chunks) == (COUNT, 4)


def test_two_processes_do_not_compare_at_once(in_shadow):
    steps(2)
    continuous.forget()

    step = reconciliation.step("shelf")

    assert (step.is_idle, step.note) == (True, "another process is at it")


def test_step_does_nothing_while_the_service_catches_up(in_shadow, patience_in_pauses):
    in_shadow.pages.clear()
    first, second = steps(2)

    patience_in_pauses.sleep(0.6)
    third = reconciliation.step("shelf")

    assert (first.is_idle, second.is_idle, third.is_idle) == (False, True, False)
    assert second.note == "lets the service catch up"


def test_old_comparisons_are_forgotten(in_shadow, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_CONTINUOUS_ROWS", 2)
    by_hand = keeping.open_row("shelf")
    rows = [to_the_end() for _ in range(4)]

    kept = set(ReconcileRun.objects.values_list("pk", flat=True))

    assert kept == {by_hand.pk, rows[2].pk, rows[3].pk}


def test_it_goes_on_until_the_path_falls(in_shadow):
    finished = []

    def note(step):
        if step.finished:
            finished.append(step.finished)
            if len(finished) == 2:
                PathState.objects.update(stage=Stage.MONOLITH)

    last = reconciliation.run_continuously("shelf", report=note, is_stopped=lambda: False)

    assert len(finished) == 2
    assert last.note == "the path is below shadow"


def test_it_stops_when_told_to(in_shadow):
    asked = iter([False, False, True])

    last = reconciliation.run_continuously(
        "shelf", report=lambda _step: None, is_stopped=lambda: next(asked)
    )

    assert last.note == "stopped"
    assert in_shadow.asked == ["/checksums", "/checksums"]
