"""A large snapshot takes several transactions: what readers see between them, and afterwards."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from event_contracts.order_history import Cursor
from extracted_services.order_history.handlers import project
from extracted_services.order_history.queries import answer
from extracted_services.order_history.store import HistoryStore, connect
from extracted_services.order_history.view import CUSTOMER_ID
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.projecting import Outcome, VersionGap
from extracted_services.read_models.tables import DynamoDBTable
from tests.extracted_services.order_history.histories import (
    dispatched,
    envelope,
    order,
    placed,
    query,
    registered,
    snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.platform

NUMBERS = range(2, 252)
SNAPSHOT = envelope(5, snapshot(*(order(number) for number in NUMBERS)))
# The mark, two steps of 99 rows, and the last: 52 puts, the deletion of order 1, and the head.
MARK, *AFTER_MARK = range(1, 5)


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


@pytest.fixture
def history(aws_environment: None, table_name: str) -> Iterator[HistoryStore]:
    """Give a store in which the customer has order 1 only, complete as of version 2."""
    store = connect(table_name)
    for version, event in enumerate((registered(), placed(1)), start=1):
        project(envelope(version, event), kept_in=store)
    yield store
    store.close()


def _another(client: DynamoDBClient, table_name: str) -> HistoryStore:
    return HistoryStore(DynamoDBTable(client, table_name, key_name=CUSTOMER_ID))


def _before_transaction(number: int, client: DynamoDBClient, act: Callable[[], None]) -> None:
    numbers = count(1)

    def act_once(**_: Any) -> None:
        if next(numbers) == number:
            act()

    client.meta.events.register("before-call.dynamodb.TransactWriteItems", act_once)


def _kill() -> None:
    raise Killed


def _numbers(store: HistoryStore, before: Cursor | None = None) -> list[int]:
    page = answer(query(limit=100, before=before), store)
    numbers = [int(row.order_number[1:]) for row in page.orders]
    return numbers + (_numbers(store, Cursor.parse(page.next)) if page.next else [])


def test_replacement_takes_so_many_transactions(history, dynamodb, table_name):
    _before_transaction(AFTER_MARK[-1] + 1, dynamodb, _kill)

    project(SNAPSHOT, kept_in=_another(dynamodb, table_name))

    assert _numbers(history) == list(reversed(NUMBERS))


def test_replacement_killed_before_its_mark_leaves_the_old_history(history, dynamodb, table_name):
    _before_transaction(MARK, dynamodb, _kill)

    with pytest.raises(Killed):
        project(SNAPSHOT, kept_in=_another(dynamodb, table_name))

    assert _numbers(history) == [1]


@pytest.mark.parametrize("step", AFTER_MARK)
def test_half_replaced_history_is_not_answered_from(history, dynamodb, table_name, step):
    _before_transaction(step, dynamodb, _kill)

    with pytest.raises(Killed):
        project(SNAPSHOT, kept_in=_another(dynamodb, table_name))

    with pytest.raises(NotComplete):
        answer(query(), history)
    with pytest.raises(VersionGap):
        project(envelope(6, placed(300)), kept_in=history)


@pytest.mark.parametrize("step", AFTER_MARK)
def test_redelivery_finishes_a_replacement_that_was_killed(history, dynamodb, table_name, step):
    _before_transaction(step, dynamodb, _kill)
    with pytest.raises(Killed):
        project(SNAPSHOT, kept_in=_another(dynamodb, table_name))

    outcome = project(SNAPSHOT, kept_in=history)

    assert outcome is Outcome.APPLIED
    assert _numbers(history) == list(reversed(NUMBERS))


@pytest.mark.parametrize("step", AFTER_MARK)
def test_newer_snapshot_takes_over_from_a_replacement_that_was_killed(
    history, dynamodb, table_name, step
):
    _before_transaction(step, dynamodb, _kill)
    with pytest.raises(Killed):
        project(SNAPSHOT, kept_in=_another(dynamodb, table_name))

    project(envelope(7, snapshot(order(3), order(400))), kept_in=history)

    assert _numbers(history) == [400, 3]
    assert answer(query(), history).as_of == 7


@pytest.mark.parametrize("step", AFTER_MARK)
def test_replacement_that_was_overtaken_writes_nothing_more(history, dynamodb, table_name, step):
    one_of_each_step = (3, 150, 251)

    def overtake() -> None:
        project(SNAPSHOT, kept_in=history)
        for version, number in enumerate(one_of_each_step, start=6):
            project(envelope(version, dispatched(number)), kept_in=history)

    _before_transaction(step, dynamodb, overtake)

    outcome = project(SNAPSHOT, kept_in=_another(dynamodb, table_name))

    assert outcome is Outcome.IGNORED
    page = answer(query(status="dispatched"), history)
    assert page.orders == tuple(order(number, "dispatched") for number in (251, 150, 3))
