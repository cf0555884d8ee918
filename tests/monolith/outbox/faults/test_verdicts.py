from __future__ import annotations

from tests.monolith.outbox.faults.sink import Publication
from tests.monolith.outbox.faults.verdicts import Verdict, judge, most_per_fault, repetitions


def test_judge_counts_lost_reordered_repeated_and_invented_events():
    published = [
        Publication("b", "s", 2),
        Publication("a", "s", 1),
        Publication("c", "s", 3),
        Publication("c", "s", 3),
        Publication("invented", "t", 1),
    ]

    verdict = judge(["a", "b", "c", "d"], published)

    assert verdict == Verdict(lost=1, inversions=1, duplicates=1, phantoms=1)


def test_repetition_of_an_old_event_is_no_inversion():
    published = [Publication("a", "s", 1), Publication("b", "s", 2), Publication("a", "s", 1)]

    assert judge(["a", "b"], published) == Verdict(lost=0, inversions=0, duplicates=1)


def test_repetitions_are_put_down_to_faults():
    published = [
        Publication("a", "s", 1, "killed"),
        Publication("b", "s", 2, "killed"),
        Publication("c", "s", 3, "alive"),
        *[Publication(event_id, "s", 9, "heir") for event_id in "abc"],
    ]

    found = repetitions(published)
    worst = most_per_fault(found, lambda r: r.before.relay if r.before.relay == "killed" else None)

    assert [repetition.position for repetition in found] == [3, 4, 5]
    assert worst == 2
    assert most_per_fault([], lambda repetition: repetition) == 0
