"""An event exists if and only if what it tells was committed, whatever savepoints came between."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.pq import TransactionStatus

from monolith.outbox import recording
from monolith.outbox.buffering import TransactionBypassed
from monolith.outbox.models import OutboxMessage
from tests.monolith.outbox.events import NOON, sold_out

pytestmark = pytest.mark.django_db(transaction=True)


def _record(stock_code: str) -> None:
    recording.record(sold_out(stock_code), stream=f"product/{stock_code}", occurred_at=NOON)


def _recorded() -> list[str]:
    streams = OutboxMessage.objects.order_by("id").values_list("stream", flat=True)
    return [stream.removeprefix("product/") for stream in streams]


def test_nothing_is_sent_to_the_database_before_the_commit(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(0):
        _record("A")
        _record("B")

    assert _recorded() == ["A", "B"]


def test_transaction_pays_one_statement_for_all_its_events(django_assert_num_queries):
    with django_assert_num_queries(3) as queries, transaction.atomic():
        for stock_code in "ABCDEFGH":
            _record(stock_code)

    began, written, committed = [query["sql"] for query in queries]
    assert (began, committed) == ("BEGIN", "COMMIT")
    assert "outbox_write" in written


def _status_once_events_are_written() -> list[TransactionStatus]:
    statuses = []

    def watch(execute, sql, *rest):
        outcome = execute(sql, *rest)
        if "outbox_write" in sql:
            statuses.append(connection.connection.info.transaction_status)
        return outcome

    with connection.execute_wrapper(watch), transaction.atomic():
        _record("A")
    return statuses


def test_events_and_the_commit_share_a_round_trip():
    assert _status_once_events_are_written() == [TransactionStatus.IDLE]
    assert _recorded() == ["A"]


def test_commit_goes_by_itself_where_parameters_travel_apart(monkeypatch):
    options = {**connection.settings_dict["OPTIONS"], "server_side_binding": True}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    connection.close()

    assert _status_once_events_are_written() == [TransactionStatus.INTRANS]
    connection.close()
    assert _recorded() == ["A"]


def test_commit_that_the_database_refuses_leaves_neither_events_nor_rows():
    with pytest.raises(IntegrityError, match="twice"):
        _commit_two_rows_where_one_is_allowed()

    assert (_count_rows(), _recorded()) == (0, [])
    with transaction.atomic():
        _record("B")
    assert _recorded() == ["B"]


@transaction.atomic
def _commit_two_rows_where_one_is_allowed():
    with connection.cursor() as cursor:
        cursor.execute(
            "alter table business add constraint twice unique (number)"
            " deferrable initially deferred"
        )
    _make_rows(1)
    _make_rows(1)
    _record("A")


def test_rollback_leaves_no_event_and_no_version():
    with transaction.atomic():
        _record("A")
        transaction.set_rollback(True)

    with transaction.atomic():
        _record("B")

    assert _recorded() == ["B"]
    assert recording.current_version("product/A") == 0


def test_inner_block_that_fails_takes_its_events_along():
    with transaction.atomic():
        _record("A")
        with transaction.atomic():
            _record("B")
            transaction.set_rollback(True)
        with transaction.atomic():
            _record("C")

    assert _recorded() == ["A", "C"]


def test_inner_block_without_a_savepoint_takes_the_whole_transaction_along():
    with transaction.atomic():
        _record("A")
        with suppress(ZeroDivisionError), transaction.atomic(savepoint=False):
            _record("B")
            raise ZeroDivisionError

    assert _recorded() == []


def test_savepoint_by_hand_takes_its_events_along():
    with transaction.atomic():
        _record("A")
        savepoint = transaction.savepoint()
        _record("B")
        transaction.savepoint_rollback(savepoint)
        _record("C")

    assert _recorded() == ["A", "C"]


def test_savepoint_set_before_the_first_event_takes_all_of_them_along():
    with transaction.atomic():
        savepoint = transaction.savepoint()
        _record("A")
        transaction.savepoint_rollback(savepoint)

    assert _recorded() == []


def test_events_written_early_and_rolled_back_with_a_savepoint_are_written_again():
    with transaction.atomic():
        _record("A")
        savepoint = transaction.savepoint()
        assert recording.lock_stream("product/A") == 1  # writes A, inside the savepoint
        _record("B")
        transaction.savepoint_rollback(savepoint)

    assert _recorded() == ["A"]


def test_closed_connection_leaves_nothing_for_the_next_transaction():
    with suppress(DatabaseError), transaction.atomic():
        _record("A")
        connection.close()
        connection.cursor()

    with transaction.atomic():
        _record("B")

    assert _recorded() == ["B"]


def test_events_that_cannot_be_written_roll_the_business_rows_back():
    with pytest.raises(DatabaseError, match="outbox_write"):
        _commit_without_the_function()

    assert (_count_rows(), _recorded()) == (0, [])
    with transaction.atomic():
        _record("B")
    assert _recorded() == ["B"]


@transaction.atomic
def _commit_without_the_function():
    _make_rows(1)
    with connection.cursor() as cursor:
        cursor.execute("alter function outbox_write(text, text) rename to outbox_gone")
    _record("A")


@pytest.mark.parametrize("statement", ["commit", " ROLLBACK ", "end", "begin"])
def test_transaction_control_by_hand_is_refused_while_events_wait(statement):
    with pytest.raises(TransactionBypassed, match="1 recorded event"):
        _end_by_hand(statement)

    assert _recorded() == []


@transaction.atomic
def _end_by_hand(statement):
    _record("A")
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_wrapper_that_somebody_adds_for_a_while_does_not_take_ours_away():
    def passes_on(execute, *arguments):
        return execute(*arguments)

    with transaction.atomic():
        with connection.execute_wrapper(passes_on):
            _record("A")
        savepoint = transaction.savepoint()
        _record("B")
        transaction.savepoint_rollback(savepoint)

    assert _recorded() == ["A"]


STEPS = st.recursive(
    st.just("record") | st.just("write early"),
    lambda inner: st.tuples(st.sampled_from(["keep", "fail", "by hand"]), st.lists(inner)),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=4), commits=st.booleans())
def test_events_and_business_rows_agree_whatever_is_rolled_back(steps, commits):
    _forget_everything()
    serial = iter(range(1000))

    with transaction.atomic():
        _run(steps, serial)
        transaction.set_rollback(not commits)

    assert _recorded() == _rows()
    versions = OutboxMessage.objects.order_by("id").values_list("version", flat=True)
    assert list(versions) == [1] * len(_rows())


def _run(steps, serial) -> None:
    for step in steps:
        if step == "record":
            number = next(serial)
            _make_rows(number)
            _record(str(number))
        elif step == "write early":
            recording.current_versions(["product/0", "product/1", "product/2"])
        else:
            kind, inner = step
            _run_block(kind, inner, serial)


def _run_block(kind, steps, serial) -> None:
    if kind == "by hand":
        savepoint = transaction.savepoint()
        _run(steps, serial)
        transaction.savepoint_rollback(savepoint)
        return
    with transaction.atomic():
        _run(steps, serial)
        transaction.set_rollback(kind == "fail")


@pytest.fixture(autouse=True)
def _business_table(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("create table business (number int)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("drop table business")


def _make_rows(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into business values (%s)", (number,))


def _rows() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select number from business order by number")
        return [str(number) for (number,) in cursor.fetchall()]


def _count_rows() -> int:
    return len(_rows())


def _forget_everything() -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate business, outbox_message, outbox_stream")
