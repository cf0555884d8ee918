from __future__ import annotations

import pytest

from monolith.strangler.models import ReconcileRun
from monolith.strangler.reconciliation import freshness
from tests.factories import NOON, later

pytestmark = pytest.mark.django_db


def a_run(counts, *, started_at=NOON, is_finished=True):
    return ReconcileRun.objects.create(
        path="shelf",
        started_at=started_at,
        counts=counts,
        finished_at=later(hours=1) if is_finished else None,
    )


@pytest.mark.parametrize(
    ("counts", "hours", "said"),
    [
        ({"match": 9, "healed": 1}, 3, "verified 3 h ago (fresh)"),
        ({"match": 9, "repaired": 1}, 0.2, "verified 12 min ago (fresh)"),
        ({"match": 9}, 24, "verified 24 h ago (fresh)"),
        ({"match": 9}, 26, "verified 26 h ago, STALE"),
        ({"match": 9}, 24 * 9, "verified 9 d ago, STALE"),
        ({"match": 9, "wrong": 1, "extra": 2}, 3, "3 keys differed 3 h ago"),
        ({"match": 9, "unsettled": 1, "error": 1}, 3, "2 keys could not be compared 3 h ago"),
    ],
)
def test_proof_is_told_with_its_age(counts, hours, said):
    a_run(counts)

    found = freshness("shelf", later(hours=hours))

    assert str(found) == said
    assert found.is_fresh is ("(fresh)" in said)
    assert found.age_seconds == hours * 3_600


def test_path_that_was_never_compared_is_not_fresh():
    a_run({"match": 9}, is_finished=False)

    found = freshness("shelf", NOON)

    assert str(found) == "never verified"
    assert (found.is_clean, found.is_fresh) == (False, False)


def test_only_the_latest_counts():
    a_run({"match": 9})
    latest = a_run({"wrong": 9}, started_at=later(minutes=5))

    assert freshness("shelf", later(hours=1)).run == latest


def test_stricter_limit_makes_it_stale_earlier():
    a_run({"match": 9})

    assert not freshness("shelf", later(hours=7), within_seconds=6 * 3_600).is_fresh
