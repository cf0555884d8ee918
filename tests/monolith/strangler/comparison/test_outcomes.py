from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.comparison import (
    Compared,
    Difference,
    Kind,
    Look,
    Next,
    Outcome,
    classify,
    conclude,
    generalised,
    second_opinion,
)
from monolith.strangler.comparison.outcomes import BAD, KEPT
from monolith.strangler.comparison.rechecking import Turn, turn_of

CHANGED = Difference("orders[0].status", Kind.CHANGED)
STEADY: frozenset[str] = frozenset()


def a_look(monolith=4, service=4, *found, **facts):
    return Look(monolith_version=monolith, service_version=service, differences=found, **facts)


def outcome(look):
    judged = classify(look)
    return (judged.outcome, judged.next)


@pytest.mark.parametrize(
    ("look", "expected", "following"),
    [
        (a_look(), Outcome.MATCH, Next.NOTHING),
        (a_look(rules=("money",)), Outcome.MATCH_NORM, Next.NOTHING),
        (a_look(4, 3), Outcome.STALE, Next.LOOK_LATER),
        (a_look(4, 3, CHANGED), Outcome.STALE, Next.LOOK_LATER),
        (a_look(4, 5, CHANGED), Outcome.NOISE, Next.READ_AGAIN),
        (a_look(4, 4, CHANGED), Outcome.WRONG, Next.READ_AGAIN),
        (a_look(4, 4, Difference("orders[1]", Kind.MISSING)), Outcome.MISSING, Next.READ_AGAIN),
        (a_look(4, 4, Difference("orders[1]", Kind.EXTRA)), Outcome.EXTRA, Next.READ_AGAIN),
        (
            a_look(4, 4, Difference("orders[1]", Kind.MISSING), CHANGED),
            Outcome.MISSING,
            Next.READ_AGAIN,
        ),
        (
            a_look(4, 4, Difference("a", Kind.MISSING), Difference("b", Kind.EXTRA)),
            Outcome.EXTRA,
            Next.READ_AGAIN,
        ),
        (
            a_look(4, 4, Difference("orders", Kind.REORDERED)),
            Outcome.ORDER_ONLY,
            Next.READ_AGAIN,
        ),
        (
            a_look(4, 4, Difference("orders", Kind.REORDERED), CHANGED),
            Outcome.WRONG,
            Next.READ_AGAIN,
        ),
        (a_look(4, 3, has_leaked=True), Outcome.LEAK, Next.NOTHING),
    ],
)
def test_first_look(look, expected, following):
    assert outcome(look) == (expected, following)


def second(first, again, noisy=STEADY):
    judged = second_opinion(first, again, noisy=noisy)
    return (judged.outcome, judged.next)


def test_disagreement_with_a_monolith_of_one_mind_is_wrong():
    look = a_look(4, 4, CHANGED)

    assert second(look, look) == (Outcome.WRONG, Next.NOTHING)


def test_disagreement_where_the_monolith_disagrees_with_itself_is_noise():
    look = a_look(4, 4, CHANGED)

    assert second(look, look, frozenset({"orders[].status"})) == (Outcome.NOISE, Next.NOTHING)


def test_noise_at_one_place_hides_nothing_at_another():
    look = a_look(4, 4, CHANGED, Difference("orders[0].total_pence", Kind.CHANGED))

    judged = second_opinion(look, look, noisy=frozenset({"orders[].status"}))

    assert judged.outcome is Outcome.WRONG
    assert judged.differences == (Difference("orders[0].total_pence", Kind.CHANGED),)


@pytest.mark.parametrize(
    ("again", "following"),
    [
        (a_look(5, 5), Next.NOTHING),  # it had only moved, and the service knew
        (a_look(5, 5, CHANGED), Next.LOOK_LATER),
        (a_look(5, 4, CHANGED), Next.LOOK_LATER),
        (a_look(5, 6), Next.LOOK_LATER),
    ],
)
def test_monolith_that_moved_between_two_reads_is_noise(again, following):
    assert second(a_look(4, 5, CHANGED), again) == (Outcome.NOISE, following)


def test_service_ahead_of_a_monolith_that_stands_still_is_looked_at_later():
    look = a_look(4, 5)

    assert second(look, look) == (Outcome.NOISE, Next.LOOK_LATER)


def test_service_that_stays_ahead_claims_what_never_was():
    judged = second_opinion(a_look(4, 5), a_look(4, 5), noisy=STEADY)

    assert conclude(judged).outcome is Outcome.WRONG


def test_service_that_stays_behind_has_lost_an_event():
    assert conclude(classify(a_look(4, 3))).outcome is Outcome.STALE_OVERDUE


def test_conclusion_leaves_alone_what_was_never_open():
    assert conclude(classify(a_look())).outcome is Outcome.MATCH


versions = st.integers(0, 6)
found = st.lists(
    st.builds(Difference, st.sampled_from(["a", "b[1]", "c[2].d"]), st.sampled_from(Kind)),
    max_size=3,
).map(tuple)
looks = st.builds(
    Look,
    monolith_version=versions,
    service_version=versions,
    differences=found,
    rules=st.sampled_from([(), ("money",)]),
    has_leaked=st.booleans(),
)
noise = st.frozensets(st.sampled_from(["a", "b[]", "c[].d"]))
CONTENT = {Outcome.WRONG, Outcome.MISSING, Outcome.EXTRA, Outcome.ORDER_ONLY}


@given(looks, versions, found, noise)
def test_older_answer_is_never_called_wrong(first, version, differences, noisy):
    again = replace(first, monolith_version=version, differences=differences)

    for look, judged in (
        (first, classify(first)),
        (again, second_opinion(first, again, noisy=noisy)),
    ):
        if look.service_version < look.monolith_version:
            assert judged.outcome not in CONTENT
            assert conclude(judged).outcome not in CONTENT
        if judged.outcome in CONTENT:
            assert look.service_version == look.monolith_version
            assert judged.differences


@given(looks, versions, found, noise)
def test_leak_is_found_whatever_the_versions_and_the_differences(
    first, version, differences, noisy
):
    leaking = replace(first, has_leaked=True)
    again = replace(leaking, monolith_version=version, differences=differences)

    assert outcome(leaking) == (Outcome.LEAK, Next.NOTHING)
    assert second_opinion(first, again, noisy=noisy).outcome is Outcome.LEAK


@given(looks)
def test_nothing_bad_is_believed_at_first_sight(look):
    judged = classify(look)

    if judged.outcome in KEPT - {Outcome.LEAK}:
        assert judged.next is Next.READ_AGAIN


@given(versions, found, noise)
def test_equal_versions_and_differences_of_a_steady_monolith_are_always_bad(
    version, differences, noisy
):
    look = a_look(version, version, *differences)
    steady = [each for each in differences if generalised(each.place) not in noisy]

    judged = second_opinion(look, look, noisy=noisy)

    assert (judged.outcome in KEPT) == bool(steady)


def was(outcome, monolith=4, service=3, following=Next.LOOK_LATER):
    return Compared(
        outcome=outcome, next=following, monolith_version=monolith, service_version=service
    )


STALE = was(Outcome.STALE)
AHEAD = was(Outcome.NOISE, 4, 5)


@pytest.mark.parametrize(
    ("first", "now", "turn", "at_last"),
    [
        (STALE, was(Outcome.STALE), Turn.AGAIN, Turn.OVERDUE),
        (STALE, was(Outcome.STALE, 9, 4), Turn.HEALED, Turn.HEALED),
        (STALE, was(Outcome.MATCH, 4, 4, Next.NOTHING), Turn.HEALED, Turn.HEALED),
        (STALE, was(Outcome.WRONG, 4, 4, Next.NOTHING), Turn.BAD, Turn.BAD),
        (STALE, was(Outcome.LEAK, 4, 3, Next.NOTHING), Turn.BAD, Turn.BAD),
        (STALE, was(Outcome.TIMEOUT, 0, None, Next.NOTHING), Turn.AGAIN, Turn.OVERDUE),
        (AHEAD, was(Outcome.MATCH, 5, 5, Next.NOTHING), Turn.SETTLED, Turn.SETTLED),
        (AHEAD, was(Outcome.NOISE, 5, 5, Next.NOTHING), Turn.SETTLED, Turn.SETTLED),
        (AHEAD, AHEAD, Turn.AGAIN, Turn.OVERDUE),
        (AHEAD, was(Outcome.NOISE, 7, 6), Turn.AGAIN, Turn.UNSETTLED),
        (AHEAD, was(Outcome.ERROR, 0, None, Next.NOTHING), Turn.AGAIN, Turn.UNSETTLED),
    ],
)
def test_later_look(first, now, turn, at_last):
    assert turn_of(first, now, is_last=False) is turn
    assert turn_of(first, now, is_last=True) is at_last


def test_whatever_is_bad_is_kept_for_people():
    assert BAD < KEPT
