from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.comparison import Outcome, differences
from monolith.strangler.comparison.redaction import redacted, side_by_side
from monolith.strangler.comparison.rules import Rule, hows, normalise
from monolith.strangler.comparison.signatures import MOST_PLACES, digest_of, places_of
from tests.factories import NOON


def a_rule(how="ignore", place="rows[].a", **fields):
    return Rule(name="agreed", place=place, how=how, expires_at=NOON, **fields)


def left(monolith, service, *rules, now=NOON - timedelta(seconds=1), keys=None):
    found = differences(monolith, service, keys=keys)
    normalised = normalise(found, monolith=monolith, service=service, rules=rules, now=now)
    return ([str(each) for each in normalised.differences], normalised.rules)


def rows(*values):
    return {"rows": [{"a": value} for value in values]}


@pytest.mark.parametrize(
    ("how", "monolith", "service"),
    [
        ("ignore", "x", 7),
        ("case", "Paid", "PAID"),
        ("whitespace", "a  b ", "a b"),
        ("blank", None, ""),
        ("blank", [], None),
        ("whole-pounds", 1250, 1349),
        ("whole-seconds", "2011-08-01T12:00:00.5+00:00", "2011-08-01T12:00:00+00:00"),
    ],
)
def test_rule_takes_away_what_it_says_does_not_matter(how, monolith, service):
    assert left(rows(monolith), rows(service), a_rule(how)) == ([], ("agreed",))


@pytest.mark.parametrize(
    ("how", "monolith", "service"),
    [
        ("case", "Paid", "Posted"),
        ("whitespace", "ab", "a b"),
        ("blank", "a", ""),
        ("whole-pounds", 1250, 1350),
        ("whole-pounds", True, 1),
        ("whole-seconds", "2011-08-01T12:00:00+00:00", "2011-08-01T12:00:01+00:00"),
        ("whole-seconds", "2011-08-01 and what follows", "2011-08-01 and nothing"),
    ],
)
def test_rule_takes_away_nothing_else(how, monolith, service):
    assert left(rows(monolith), rows(service), a_rule(how)) == (["rows[0].a changed"], ())


def test_expired_rule_takes_nothing_away():
    assert left(rows(1), rows(2), a_rule(), now=NOON) == (["rows[0].a changed"], ())


def test_rule_holds_at_its_place_only():
    elsewhere = a_rule(place="rows[].b")

    assert left(rows(1), rows(2), elsewhere) == (["rows[0].a changed"], ())


def test_any_order_takes_away_an_order_and_no_change():
    keys = {"rows": "a"}
    any_order = a_rule("any-order", place="rows")

    assert left(rows(1, 2), rows(2, 1), any_order, keys=keys) == ([], ("agreed",))
    assert left(rows(1, 2), rows(2, 1), a_rule("case", place="rows"), keys=keys)[0] != []
    assert left(rows(1), rows(2), a_rule("any-order")) == (["rows[0].a changed"], ())


def test_value_is_looked_up_where_each_side_has_it():
    monolith = {"rows": [{"id": 1, "a": "x"}, {"id": 2, "a": "Paid"}]}
    service = {"rows": [{"id": 2, "a": "PAID"}]}

    found = left(monolith, service, a_rule("case"), keys={"rows": "id"})

    assert found == (["rows[0] missing"], ("agreed",))


@given(
    st.sampled_from(hows()),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists),
    st.integers() | st.text(),
)
def test_no_rule_raises_whatever_it_is_applied_to(how, monolith, service):
    left(rows(monolith), rows(service), a_rule(how))


def test_unknown_rule_of_a_later_release_takes_nothing_away():
    assert left(rows(1), rows(2), a_rule("colour")) == (["rows[0].a changed"], ())


def test_signature_is_the_same_wherever_in_a_list_it_is():
    first = differences(rows(1, 1), rows(2, 1))
    second = differences(rows(1, 1), rows(1, 3))

    assert digest_of(Outcome.WRONG, first) == digest_of(Outcome.WRONG, second)
    assert digest_of(Outcome.WRONG, first) != digest_of(Outcome.EXTRA, first)
    assert places_of(first) == ["rows[].a changed"]
    assert len(digest_of(Outcome.WRONG, first)) == 16


def test_signature_of_an_answer_that_differs_everywhere_is_bounded():
    found = differences({f"f{n}": 1 for n in range(99)}, {f"f{n}": 2 for n in range(99)})

    assert len(places_of(found)) == MOST_PLACES


SECRET = "Mrs Miggins 8F 4242"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "nothing"),
        (True, "yes or no"),
        (4242, "number"),
        (42.42, "number"),
        ("four", "text of 4"),
        ([SECRET], "list of 1"),
        ({"name": SECRET}, "object of 1"),
        (b"", "bytes"),
    ],
)
def test_redacted_value_tells_kind_and_length_only(value, told):
    assert redacted(value) == told


def test_sides_are_shown_without_values():
    monolith, service = rows(SECRET, "b"), rows("", "b", 4242)

    shown = side_by_side(differences(monolith, service), monolith=monolith, service=service)

    assert shown == [
        {"place": "rows[0].a", "kind": "changed", "monolith": "text of 19", "service": "text of 0"},
        {"place": "rows[2]", "kind": "extra", "monolith": "-", "service": "object of 1"},
    ]


def test_side_that_cannot_be_looked_up_is_shown_as_absent():
    monolith, service = {"m": {"a b": 1}}, {"m": {"a b": 2}}

    (shown,) = side_by_side(differences(monolith, service), monolith=monolith, service=service)

    assert (shown["monolith"], shown["service"]) == ("-", "-")
