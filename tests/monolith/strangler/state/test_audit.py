from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from monolith.strangler import operations
from monolith.strangler.mismatches import normalising
from monolith.strangler.models import NormaliseRule, PathState, Transition
from monolith.strangler.state import audit, controls, queries
from tests.factories import NOON

pytestmark = pytest.mark.django_db

ERIN = audit.Who(actor="erin", reason="agreed on Monday", at=NOON)


@pytest.fixture
def changes(library):
    """Three changes of a path, one after the other."""
    for reason in ("peak is over", "peak comes back", "over again"):
        operations.kill(path="shelf", actor="dana", reason=reason, at=NOON)
    return list(Transition.objects.order_by("pk"))


def by_the_owner(statement, *values):
    """Do what only the database's owner can: go around the trigger."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(statement.format(table="strangler_transition"), values)
        cursor.execute("set local session_replication_role = origin")


def complaints():
    return [str(problem) for problem in audit.verify()]


def test_chain_as_it_was_written_is_whole(changes):
    assert complaints() == []
    assert [row.previous_digest for row in changes] == ["", *[row.digest for row in changes[:-1]]]


@pytest.mark.parametrize(
    ("column", "value"), [("reason", "no reason"), ("actor", "mallory"), ("to_stage", 40)]
)
def test_changed_row_is_found(changes, column, value):
    by_the_owner(f"update {{table}} set {column} = %s where id = %s", value, changes[1].pk)

    assert complaints() == [f"transition {changes[1].pk}: was changed after it was written"]


def test_changed_row_is_found_even_if_its_seal_was_renewed(changes):
    row = changes[1]
    row.reason = "no reason"
    by_the_owner(
        "update {table} set reason = %s, digest = %s where id = %s",
        row.reason,
        audit.digest_of(row),
        row.pk,
    )

    (complaint,) = complaints()
    assert complaint.startswith(f"transition {changes[2].pk}: does not follow the row before it")


def test_removed_row_is_found(changes):
    by_the_owner("delete from {table} where id = %s", changes[1].pk)

    assert len(complaints()) == 1


def test_removed_end_is_found(changes):
    by_the_owner("delete from {table} where id = %s", changes[2].pk)

    assert complaints() == ["transition 0: shelf is at version 3, its latest row at 2"]


def test_row_put_in_without_a_seal_is_found(changes):
    Transition.objects.create(
        path="shelf", version=4, from_stage=0, to_stage=0, actor="m", reason="r", at=NOON,
        took_microseconds=1,
    )  # fmt: skip
    PathState.objects.update(version=4)

    assert len(complaints()) == 1


def test_what_is_noted_beside_the_state_is_sealed_in_the_same_chain(changes):
    noted = audit.note("shelf", audit.RULE, ERIN, after={"name": "loud"})

    assert noted.version is None
    assert noted.previous_digest == changes[-1].digest
    assert PathState.objects.get().version == 3
    assert complaints() == []
    by_the_owner("update {table} set reason = 'none' where id = %s", noted.pk)
    assert complaints() == [f"transition {noted.pk}: was changed after it was written"]


def test_note_says_why(library):
    with pytest.raises(audit.ReasonMissing):
        audit.note("shelf", audit.KNOBS, replace(ERIN, reason=" "), after={"nice": 1})


def test_note_is_no_change_of_the_state(changes):
    audit.note("shelf", audit.KNOBS, ERIN, after={"nice": 1})

    assert queries.get_status("shelf").last_transition == changes[-1]
    assert controls.read_controls().version == changes[-1].pk
    assert list(Transition.objects.of_state("shelf").order_by("pk")) == changes


def a_rule():
    return normalising.add("shelf", "loud", ERIN, place="books[]", how="case", owner="dana", days=7)


def test_rule_that_was_made_longer_behind_everybodys_back_is_found(library):
    rule = a_rule()
    NormaliseRule.objects.update(expires_at=rule.expires_at + timedelta(days=1))

    (complaint,) = complaints()
    assert complaint.endswith("rule loud of shelf is not as it was noted")


def test_rule_that_nobody_added_is_found(library):
    rule = a_rule()
    rule.pk, rule.name = None, "quiet"
    rule.save()

    assert complaints() == ["transition 0: rule quiet of shelf is not as it was noted"]


def test_waiver_that_two_people_never_gave_is_found(library):
    waiver = operations.waive(
        path="shelf", gate="E5", requested_by="dana", approved_by="erin", reason="slow", at=NOON,
        lasts=timedelta(days=1),
    )  # fmt: skip
    assert complaints() == []

    waiver.pk, waiver.gate = None, "E1"
    waiver.save()

    (complaint,) = complaints()
    assert complaint.startswith("transition 0: E1 of shelf waived until")


def test_rows_from_before_the_chain_are_let_be(library):
    Transition.objects.create(
        path="shelf", version=1, from_stage=0, to_stage=40, actor="m", reason="r", at=NOON,
        took_microseconds=1,
    )  # fmt: skip
    PathState.objects.create(path="shelf", version=1, changed_at=NOON)
    operations.kill(path="shelf", actor="dana", reason="peak", at=NOON)

    assert complaints() == []
