from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler.gates.wording import length, milliseconds, percent


@pytest.mark.parametrize(
    ("share", "words"), [(0.001, "0.1 %"), (0.000998, "0.0998 %"), (0.05, "5 %"), (0, "0 %")]
)
def test_share_is_told_as_per_cent(share, words):
    assert percent(share) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.18, "0.18 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (5_400, "1 h 30 min"),
        (86_400, "1 d"),
        (86_400 + 60, "1 d"),
        (90_000, "1 d 1 h"),
        (14 * 86_400, "14 d"),
    ],
)
def test_length_is_told_in_one_or_two_units(seconds, words):
    assert length(timedelta(seconds=seconds)) == words


def test_milliseconds_become_seconds_where_there_are_many():
    assert (milliseconds(61.4), milliseconds(5_250)) == ("61.4 ms", "5.2 s")
