from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler import operations
from monolith.strangler.models import Drill, Plan, ReadRecord, Tally, Transition, WorkerSeen
from monolith.strangler.watching import forgetting
from tests.factories import NOON

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def kept(make, model, lasts):
    """Make one thing that is just old enough to go, and one that is not."""
    make(NOON - lasts - SECOND)
    make(NOON - lasts)
    forgetting.forget_old(at=NOON)
    return model.objects.count()


def test_observations_are_kept_for_their_time_and_no_longer():
    def read(at):
        ReadRecord.objects.create(
            request_id="r", path="shelf", subject="7", source="service", reason="stage", as_of=1,
            milliseconds=1.0, facts={}, at=at,
        )  # fmt: skip

    def tally(at):
        Tally.objects.create(path="shelf", epoch=1, minute=at, series="s", name="n", count=1)

    def worker(at):
        WorkerSeen.objects.create(
            worker=f"w{at}", kind="web", control_version=1, code="c", started_at=at, seen_at=at
        )

    def drill(at):
        Drill.objects.create(path="shelf", fault="leak", started_at=at, code="c", by="dana")

    assert kept(read, ReadRecord, forgetting.READS) == 1
    assert kept(tally, Tally, forgetting.TALLIES) == 1
    assert kept(worker, WorkerSeen, forgetting.WORKERS) == 1
    assert kept(drill, Drill, forgetting.DRILLS) == 1


def test_plan_that_somebody_approved_belongs_to_the_audit(library):
    plans = [operations.plan(path="shelf", actor="dana", at=NOON) for _ in range(2)]
    operations.approve(plan_id=plans[0].pk, actor="erin", reason="looked at it", at=NOON)

    forgetting.forget_old(at=plans[0].expires_at + forgetting.PLANS + SECOND)

    assert list(Plan.objects.all()) == [plans[0]]


def test_audit_forgets_nothing(library):
    operations.kill(path="shelf", actor="dana", reason="fire", at=NOON - timedelta(days=9_999))

    forgetting.forget_old(at=NOON)

    assert Transition.objects.count() == 1
