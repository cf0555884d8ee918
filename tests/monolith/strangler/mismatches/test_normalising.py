from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler.mismatches import normalising
from monolith.strangler.mismatches.normalising import KEPT_SECONDS, Rules
from monolith.strangler.models import Transition
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.state import audit
from monolith.strangler.state.audit import ReasonMissing, Who
from tests.factories import NOON
from tests.monolith.strangler.comparing import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]


def add(name="loud", path="shelf", reason="until the rebuild", **fields):
    said = {"place": "books[]", "how": "case", "owner": "dana", "days": 7, **fields}
    return normalising.add(path, name, Who(actor="robin", reason=reason, at=NOON), **said)


def erin(at, reason="rebuilt"):
    return Who(actor="erin", reason=reason, at=at)


def test_rule_and_its_end_are_in_the_audit():
    add()
    normalising.expire("shelf", "loud", erin(NOON + timedelta(days=1)))

    added, ended = Transition.objects.order_by("pk")
    assert (added.actor, added.reason, added.version) == ("robin", "until the rebuild", None)
    assert (ended.actor, ended.reason) == ("erin", "rebuilt")
    assert ended.before == added.after
    assert added.after["place"] == "books[]"
    assert audit.verify() == []


def test_rule_does_not_end_without_a_reason():
    rule = add()

    with pytest.raises(ReasonMissing):
        normalising.expire("shelf", "loud", erin(NOON, reason=" "))

    assert normalising.list_rules("shelf") == [rule]
    assert normalising.list_rules("shelf")[0].expires_at == rule.expires_at


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

    normalising.expire("shelf", "loud", erin(later))
    normalising.expire("shelf", "loud", erin(later + timedelta(days=1)))

    (rule,) = normalising.list_rules("shelf")
    assert rule.expires_at == later


def test_rule_that_does_not_exist_cannot_expire():
    with pytest.raises(normalising.RuleNotFound):
        normalising.expire("shelf", "loud", erin(NOON))


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
