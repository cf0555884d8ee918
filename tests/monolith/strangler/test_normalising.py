from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler import normalising
from monolith.strangler.normalising import KEPT_SECONDS, Rules
from monolith.strangler.registry import PathNotDeclared
from tests.factories import NOON
from tests.monolith.strangler.comparing import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def add(name="loud", path="shelf", **fields):
    said = {
        "place": "books[]",
        "how": "case",
        "owner": "dana",
        "reason": "until the rebuild",
        "days": 7,
        **fields,
    }
    return normalising.add(path, name, at=NOON, **said)


def test_rule_says_who_why_and_until_when():
    rule = add()

    assert (rule.owner, rule.reason) == ("dana", "until the rebuild")
    assert rule.expires_at == NOON + timedelta(days=7)


@pytest.mark.parametrize(
    "fields",
    [
        {"how": "magic"},
        {"place": ""},
        {"place": "books[3]"},
        {"owner": " "},
        {"reason": ""},
        {"days": 0},
        {"days": 91},
    ],
)
def test_rule_that_nobody_could_mean_is_refused(fields):
    with pytest.raises(normalising.RuleMalformed):
        add(**fields)


def test_name_of_a_rule_is_used_once():
    add()

    with pytest.raises(normalising.RuleExists):
        add()


def test_rule_is_about_a_declared_path():
    with pytest.raises(PathNotDeclared):
        add(path="attic")


def test_expired_rule_stays_on_record():
    add()
    later = NOON + timedelta(days=1)

    normalising.expire("shelf", "loud", at=later)
    normalising.expire("shelf", "loud", at=later + timedelta(days=1))

    (rule,) = normalising.list_rules("shelf")
    assert rule.expires_at == later


def test_rule_that_does_not_exist_cannot_expire():
    with pytest.raises(normalising.RuleNotFound):
        normalising.expire("shelf", "loud", at=NOON)


def test_rules_are_listed_by_when_they_expire():
    add("late", days=9)
    add("soon", days=2)

    assert [rule.name for rule in normalising.list_rules()] == ["soon", "late"]
    assert normalising.list_rules("attic") == []


def test_known_rules_are_read_again_after_some_seconds(django_assert_num_queries):
    clock = Clock()
    known = Rules(clock)
    assert known.of("shelf") == ()
    add()

    with django_assert_num_queries(0):
        assert known.of("shelf") == ()
    clock.go_on(KEPT_SECONDS)

    assert [rule.name for rule in known.of("shelf")] == ["loud"]


def test_process_that_changes_a_rule_knows_it_at_once():
    normalising.known.forget()
    assert normalising.known.of("shelf") == ()

    add()

    assert [rule.name for rule in normalising.known.of("shelf")] == ["loud"]
    normalising.known.forget()
