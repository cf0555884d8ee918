from __future__ import annotations

from tests.monolith.outbox.verdicts import Delivered, Verdict, judge


def test_judge_counts_lost_reordered_and_repeated_events():
    delivered = [
        Delivered("b", "s", 2),
        Delivered("a", "s", 1),
        Delivered("c", "s", 3),
        Delivered("c", "s", 3),
    ]

    assert judge(["a", "b", "c", "d"], delivered) == Verdict(lost=1, inversions=1, duplicates=1)


def test_repetition_of_an_old_event_is_no_inversion():
    delivered = [Delivered("a", "s", 1), Delivered("b", "s", 2), Delivered("a", "s", 1)]

    assert judge(["a", "b"], delivered) == Verdict(lost=0, inversions=0, duplicates=1)
