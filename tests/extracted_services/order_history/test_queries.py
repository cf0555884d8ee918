from __future__ import annotations

from datetime import UTC, datetime

import pytest

from event_contracts.order_history import Cursor, OrderHistoryPage, OrderHistoryQuery
from extracted_services.order_history.handlers import project
from extracted_services.order_history.queries import answer, read_query
from extracted_services.order_history.store import HistoryStore
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import BadParameter
from tests.extracted_services.order_history.histories import (
    ANNA,
    cancelled,
    dispatched,
    envelope,
    order,
    placed,
    query,
    registered,
    returned,
    snapshot,
)
from tests.extracted_services.read_models.in_memory_table import InMemoryTable


def _tell(store, *events):
    for version, event in enumerate(events, start=1):
        project(envelope(version, event), kept_in=store)


def test_answer_tells_what_happened_to_each_order(store):
    _tell(
        store,
        registered(),
        placed(1),
        placed(2),
        dispatched(1),
        placed(3),
        cancelled(2),
        returned(1, 30),
    )

    page = answer(query(), store)

    assert page == OrderHistoryPage(
        customer_id=ANNA,
        as_of=7,
        orders=(order(3), order(2, "cancelled"), order(1, "dispatched", 30)),
        next=None,
    )


def test_pages_follow_one_another_without_gap_or_overlap(store):
    _tell(store, registered(), *(placed(number) for number in range(1, 6)))

    pages = [answer(query(limit=2), store)]
    while (following := pages[-1].next) is not None:
        pages.append(answer(query(limit=2, before=Cursor.parse(following)), store))

    assert [page.orders for page in pages] == [
        (order(5), order(4)),
        (order(3), order(2)),
        (order(1),),
    ]


def test_full_last_page_has_no_next(store):
    _tell(store, registered(), placed(1), placed(2))

    assert answer(query(limit=2), store).next is None


def test_customer_who_never_ordered_has_an_empty_history(store):
    _tell(store, registered())

    page = answer(query(), store)

    assert page == OrderHistoryPage(customer_id=ANNA, as_of=1, orders=(), next=None)


def test_history_that_awaits_its_snapshot_is_not_answered_from(store):
    project(envelope(2, placed(2)), kept_in=store)

    with pytest.raises(NotComplete):
        answer(query(), store)


def test_snapshot_completes_a_history(store):
    project(envelope(2, placed(2)), kept_in=store)
    project(envelope(2, snapshot(order(1, "dispatched"), order(2))), kept_in=store)
    project(envelope(3, dispatched(2)), kept_in=store)

    page = answer(query(), store)

    assert (page.as_of, page.orders) == (3, (order(2, "dispatched"), order(1, "dispatched")))


def test_unknown_history_is_not_answered_from(store):
    with pytest.raises(NotComplete):
        answer(query(), store)


class ChangingStore(HistoryStore):
    """The customer places another order between the two reads of an answer, so many times."""

    changes_left = 0

    def list_rows(self, query, *, as_of):
        if self.changes_left:
            self.changes_left -= 1
            version = as_of + 1
            project(envelope(version, placed(version)), kept_in=self)
        return super().list_rows(query, as_of=as_of)


def test_answer_reflects_one_version_while_orders_come_in():
    store = ChangingStore(InMemoryTable())
    _tell(store, registered(), placed(2))
    store.changes_left = 2

    page = answer(query(), store)

    assert (page.as_of, page.orders) == (4, (order(4), order(3), order(2)))


def test_history_that_never_holds_still_is_not_answered_from():
    store = ChangingStore(InMemoryTable())
    _tell(store, registered(), placed(2))
    store.changes_left = 99

    with pytest.raises(NotComplete, match="changing"):
        answer(query(), store)


def test_change_outside_of_the_page_does_not_disturb_it():
    store = ChangingStore(InMemoryTable())
    _tell(store, registered(), placed(2))
    store.changes_left = 99

    page = answer(query(placed_until=order(3).placed_at), store)

    assert (page.as_of, page.orders) == (2, (order(2),))


def test_request_without_parameters_asks_for_the_newest_orders():
    assert read_query("17850", {}) == OrderHistoryQuery(customer_id=17850)


def test_request_is_read_with_all_its_parameters():
    asked = read_query(
        "17850",
        {
            "status": "placed",
            "placed_from": "2011-08-01T00:00:00Z",
            "placed_until": "2011-09-01T02:00:00+02:00",
            "before": "2011-08-03T12:00:00+00:00~B100001",
            "limit": "100",
        },
    )

    assert asked == OrderHistoryQuery(
        customer_id=17850,
        status="placed",
        placed_from=datetime(2011, 8, 1, tzinfo=UTC),
        placed_until=datetime(2011, 9, 1, tzinfo=UTC),
        before=Cursor(datetime(2011, 8, 3, 12, tzinfo=UTC), "B100001"),
        limit=100,
    )


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("id", "anna", "whole number"),
        ("id", "0", "whole number"),
        ("id", "-1", "whole number"),
        ("id", "\u0661\u0667", "whole number"),
        ("id", "9" * 30, "whole number"),
        ("status", "lost", "expected one of placed, dispatched, cancelled"),
        ("status", "", "expected one of"),
        ("placed_from", "yesterday", "Invalid isoformat"),
        ("placed_from", "2011-08-01", "time zone"),
        ("placed_from", "0001-01-01T00:00:00+01:00", "range"),
        ("placed_until", "2011-08-01T00:00:00", "time zone"),
        ("before", "B100001", "isoformat"),
        ("before", "2011-08-01T00:00:00+00:00", "not a cursor"),
        ("before", "9999-12-31T23:59:59-01:00~B1", "range"),
        ("limit", "0", "from 1 to 100"),
        ("limit", "101", "from 1 to 100"),
        ("limit", "1_0", "from 1 to 100"),
        ("limit", "ten", "from 1 to 100"),
        ("stauts", "placed", "no such parameter"),
    ],
)
def test_bad_parameter_is_named(name, text, complaint):
    customer_id = text if name == "id" else "17850"
    parameters = {} if name == "id" else {name: text}

    with pytest.raises(BadParameter, match=complaint) as refusal:
        read_query(customer_id, parameters)

    assert refusal.value.name == name
    assert str(refusal.value).startswith(f"{name}: ")
