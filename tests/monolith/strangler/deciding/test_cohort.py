from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.deciding.cohort import bucket_of, is_in_share
from monolith.strangler.deciding.ladder import WHOLE

SUBJECTS = [str(number) for number in range(100_000)]
# Five standard deviations of a fair draw of so many subjects.
FAIR = 5 * (len(SUBJECTS) / 4) ** 0.5


@given(st.text(), st.integers(0, WHOLE), st.integers(0, WHOLE))
def test_growing_share_puts_nobody_out(subject, one, other):
    bucket = bucket_of("orders", subject)

    assert is_in_share(bucket, max(one, other)) or not is_in_share(bucket, min(one, other))


def test_lots_are_spread_evenly():
    for share in (100, 500, 2_500, 5_000):
        inside = sum(is_in_share(bucket_of("orders", subject), share) for subject in SUBJECTS)

        assert abs(inside - len(SUBJECTS) * share / WHOLE) < FAIR


def test_families_draw_lots_of_their_own():
    both = sum(
        is_in_share(bucket_of("orders", subject), 5_000)
        and is_in_share(bucket_of("catalogue", subject), 5_000)
        for subject in SUBJECTS
    )

    assert abs(both - len(SUBJECTS) / 4) < FAIR


def test_lot_is_the_same_in_every_release():
    assert [bucket_of("orders", subject) for subject in ("1", "2", "17850")] == [3340, 5597, 9958]
