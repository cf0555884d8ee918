from __future__ import annotations

import pytest
from django.db import connection, transaction

from monolith.strangler import audit, operations
from monolith.strangler.models import PathState, Transition
from tests.factories import NOON

pytestmark = pytest.mark.django_db


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


def test_rows_from_before_the_chain_are_let_be(library):
    Transition.objects.create(
        path="shelf", version=1, from_stage=0, to_stage=40, actor="m", reason="r", at=NOON,
        took_microseconds=1,
    )  # fmt: skip
    PathState.objects.create(path="shelf", version=1, changed_at=NOON)
    operations.kill(path="shelf", actor="dana", reason="peak", at=NOON)

    assert complaints() == []
