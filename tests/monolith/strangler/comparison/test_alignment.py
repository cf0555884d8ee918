from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.comparison import Difference, Kind, differences, generalised, value_at
from monolith.strangler.comparison.alignment import align
from monolith.strangler.comparison.differences import NoSuchPlace


def items(text):
    return [{"key": letter} for letter in text]


def aligned(monolith, service, key=None):
    found = align(items(monolith), items(service), key=key)
    return (found.missing, found.extra, found.edge, found.is_reordered)


@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.parametrize(
    ("monolith", "service", "expected"),
    [
        ("ABC", "ABC", ((), (), (), False)),
        ("ABC", "AC", ((1,), (), (), False)),
        ("AC", "ABC", ((), (1,), (), False)),
        ("AB", "BA", ((), (), (), True)),
        ("AMNB", "BMNA", ((), (), (), True)),
        ("ABC", "BCAD", ((), (3,), (), True)),
    ],
)
def test_items_are_told_apart_by_what_they_are_not_by_where_they_stand(
    monolith, service, expected, key
):
    assert aligned(monolith, service, key) == expected


@pytest.mark.parametrize(
    ("service", "missing", "extra", "edge"),
    [
        ("ACD", (1,), (), (2,)),  # D came up from the next page
        ("AXB", (), (1,), (2,)),  # C fell off to the next page
        ("XAB", (), (0,), (2,)),
        ("ABX", (2,), (2,), ()),
        ("CDE", (0, 1), (), (2, 1)),
    ],
)
def test_what_the_edge_of_a_full_page_moved_is_neither_missing_nor_extra(
    service, missing, extra, edge
):
    assert aligned("ABC", service, "key") == (missing, extra, edge, False)


def test_unknown_items_in_one_gap_are_taken_for_the_same_changed():
    found = differences({"rows": [{"a": 1}, {"a": 2}]}, {"rows": [{"a": 1}, {"a": 3}]})

    assert found == (Difference("rows[1].a", Kind.CHANGED),)


def test_item_is_compared_with_itself_wherever_it_stands():
    monolith = {"rows": [{"id": 1, "a": 1}, {"id": 2, "a": 1}]}
    service = {"rows": [{"id": 2, "a": 9}, {"id": 1, "a": 1}]}

    found = differences(monolith, service, keys={"rows": "id"})

    assert found == (Difference("rows", Kind.REORDERED), Difference("rows[1].a", Kind.CHANGED))
    assert found[1].there == "rows[0].a"


def test_keys_that_are_somebodys_data_do_not_show_in_places():
    (found,) = differences({"by_email": {"a@b.example": 1}}, {"by_email": {"a@b.example": 2}})

    assert str(found) == "by_email{} changed"


@pytest.mark.parametrize("place", ["rows[7].a", "rows.a", "rows[0].b", "other"])
def test_nothing_stands_where_nothing_stands(place):
    with pytest.raises(NoSuchPlace):
        value_at({"rows": [{"a": 1}]}, place)


letters = st.lists(st.sampled_from("ABCDE"), max_size=6).map("".join)


@given(letters, letters, st.sampled_from([None, "key"]))
def test_alignment_accounts_for_every_item_once(monolith, service, key):
    found = align(items(monolith), items(service), key=key)

    ours = [*(one for one, _ in found.pairs), *found.missing]
    theirs = [*(other for _, other in found.pairs), *found.extra]
    assert len(set(ours)) == len(ours)
    assert len(set(theirs)) == len(theirs)
    # What only one side has outweighs what only the other has by the difference in length.
    assert len(found.extra) - len(found.missing) in _balance(monolith, service, found)


def _balance(monolith, service, found):
    difference = len(service) - len(monolith)
    return range(difference - len(found.edge), difference + len(found.edge) + 1)


@given(letters, st.randoms(use_true_random=False), st.sampled_from([None, "key"]))
def test_other_order_is_never_called_anything_else(monolith, randomness, key):
    shuffled = list(monolith)
    randomness.shuffle(shuffled)

    found = differences({"rows": items(monolith)}, {"rows": items(shuffled)}, keys={"rows": "key"})

    assert {each.kind for each in found} <= {Kind.REORDERED}
    assert bool(found) == (list(monolith) != shuffled)


@given(st.recursive(st.integers(0, 2), lambda inner: st.lists(inner, max_size=3)), st.data())
def test_answers_differ_exactly_where_they_are_not_the_same(plain, data):
    other = data.draw(st.just(plain) | st.lists(st.integers(0, 2), max_size=3))

    assert bool(differences({"a": plain}, {"a": other})) == (plain != other)


def test_pattern_of_a_place_has_no_numbers():
    assert generalised("pages[3].orders[12].status") == "pages[].orders[].status"
