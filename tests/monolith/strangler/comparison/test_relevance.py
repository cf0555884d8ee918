from __future__ import annotations

import pytest

from monolith.strangler.comparison import Difference, Kind
from monolith.strangler.comparison.relevance import (
    Rankings,
    Tolerance,
    judge_ranking,
    ndcg,
    overlap,
)

TOLERANT = Tolerance(least_overlap=0.5, least_ndcg=0.8)
REORDERED = Difference("products", Kind.REORDERED)
MISSING = Difference("products[3]", Kind.MISSING)
EXTRA = Difference("products[3]", Kind.EXTRA)
WRONG_PRICE = Difference("products[0].price_pence", Kind.CHANGED)
WRONG_TOTAL = Difference("total", Kind.CHANGED)


def rankings(ours, theirs, *, is_cut=True, is_first_page=True):
    return Rankings(
        place="products", ours=ours, theirs=theirs, is_cut=is_cut, is_first_page=is_first_page
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "expected_overlap", "expected_ndcg"),
    [
        ("abcd", "abcd", 1.0, 1.0),
        ("", "", 1.0, 1.0),
        ("abcd", "wxyz", 0.0, 0.0),
        ("abcd", "", 0.0, 0.0),
        ("abcd", "abcx", 0.75, 0.941),
        ("abcd", "xbcd", 0.75, 0.454),
        ("abcd", "bacd", 1.0, 0.950),
        ("abcd", "dcba", 1.0, 0.749),
    ],
)
def test_ranking_is_worth_a_share_of_the_monoliths_own(
    ours, theirs, expected_overlap, expected_ndcg
):
    assert overlap(ours, theirs) == pytest.approx(expected_overlap)
    assert ndcg(ours, theirs) == pytest.approx(expected_ndcg, abs=0.001)


def test_another_opinion_on_the_order_is_no_difference():
    found = (REORDERED, MISSING, EXTRA)

    assert judge_ranking(found, rankings("abcd", "bacx"), TOLERANT) == ()


def test_order_that_is_too_different_is_one_of_order_and_not_of_content():
    found = (MISSING, EXTRA)

    assert judge_ranking(found, rankings("abcd", "wxyz"), TOLERANT) == (REORDERED,)


def test_what_is_shown_and_counted_is_never_a_matter_of_order():
    found = (REORDERED, WRONG_PRICE, WRONG_TOTAL)

    judged = judge_ranking(found, rankings("abcd", "bacd"), TOLERANT)

    assert judged == (WRONG_PRICE, WRONG_TOTAL)


def test_product_that_a_whole_list_lacks_is_missing():
    judged = judge_ranking((MISSING,), rankings("abcd", "abc", is_cut=False), TOLERANT)

    assert judged == (MISSING,)


def test_order_is_not_judged_behind_the_first_page():
    later = rankings("abcd", "wxyz", is_first_page=False)

    assert judge_ranking((MISSING, EXTRA), later, TOLERANT) == ()
