from __future__ import annotations

from datetime import date

import pytest

from event_contracts.checksums import KeyDigest, checksum_of, digest_of
from event_contracts.customer_summary import CustomerSummaryQuery, Favourite
from extracted_services.customer_summary import queries
from extracted_services.customer_summary.view import SummaryRow
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import BadParameter
from extracted_services.read_models.projecting import Changes, Head
from tests.extracted_services.customer_summary.customers import (
    CUSTOMER,
    QUERY,
    in_memory_summaries,
    mark,
    placed,
    returned,
    tell,
)
from tests.extracted_services.order_history.histories import cancelled, dispatched, registered


def test_answer_is_made_of_the_sum(store):
    tell(store, placed(1, HEART=2, JAR=2), dispatched(1), returned(1, JAR=1))
    tell(store, placed(2, LAMP=1), cancelled(2))

    answer = queries.answer(QUERY, store)

    assert (answer.as_of, answer.order_count, answer.cancelled_count) == (5, 1, 1)
    assert (answer.ordered_pence, answer.returned_pence, answer.lifetime_pence) == (400, 100, 300)
    assert (answer.returns_basis_points, answer.pieces, answer.segment) == (2500, 3, "new")
    assert answer.first_order == answer.last_order == mark(1)
    assert answer.favourites == (
        Favourite(stock_code="HEART", description="PRODUCT HEART", pieces=2),
        Favourite(stock_code="JAR", description="PRODUCT JAR", pieces=1),
    )


def test_favourites_are_five_by_pieces_then_by_code():
    store = in_memory_summaries()
    tell(store, placed(1, b=2, B=2, A=2, C=2, D=3, E=2, F=1))

    codes = [each.stock_code for each in queries.answer(QUERY, store).favourites]

    assert codes == ["D", "A", "B", "C", "E"]


def test_customer_without_orders_is_answered_for():
    store = in_memory_summaries()
    tell(store, registered())

    answer = queries.answer(QUERY, store)

    assert (answer.as_of, answer.order_count, answer.segment) == (1, 0, "prospect")


@pytest.mark.parametrize(
    "head", [None, Head(as_of=3, awaiting_snapshot=True), Head(as_of=3, replacing="a-snapshot")]
)
def test_what_is_not_complete_is_not_answered(head):
    store = in_memory_summaries()
    if head:
        store.write(Changes(key=CUSTOMER, expected=None, head=head))

    with pytest.raises(NotComplete, match="not everything is known"):
        queries.answer(QUERY, store)


def test_sum_of_another_version_than_the_head_is_read_again(monkeypatch):
    store = in_memory_summaries()
    tell(store, placed(1, HEART=1))
    find = store.find_summary
    asked: list[str] = []

    def find_after_a_change(customer_id):
        asked.append(customer_id)
        if len(asked) == 1:
            monkeypatch.setattr(store, "find_summary", find)
            tell(store, placed(2, HEART=1))
            monkeypatch.setattr(store, "find_summary", find_after_a_change)
        return find(customer_id)

    monkeypatch.setattr(store, "find_summary", find_after_a_change)

    assert queries.answer(QUERY, store).as_of == 2
    assert len(asked) == 2


def test_sum_that_never_holds_still_is_not_answered(monkeypatch):
    store = in_memory_summaries()
    tell(store, placed(1, HEART=1))
    behind = SummaryRow(version=0)
    monkeypatch.setattr(store, "find_summary", lambda _customer_id: behind)

    with pytest.raises(NotComplete, match="changing fast"):
        queries.answer(QUERY, store)


def test_query_is_read_from_path_and_parameters():
    assert queries.read_query("17850", {"on": "2011-08-02"}) == QUERY


@pytest.mark.parametrize(
    ("customer_id", "given", "named"),
    [
        ("x", {"on": "2011-08-02"}, "id"),
        ("0", {"on": "2011-08-02"}, "id"),
        ("17850", {}, "on"),
        ("17850", {"on": "yesterday"}, "on"),
        ("17850", {"on": "2011-08-02T00:00:00+00:00"}, "on"),
        ("17850", {"on": "2011-08-02", "limit": "5"}, "limit"),
    ],
)
def test_unreadable_question_is_refused_by_name(customer_id, given, named):
    with pytest.raises(BadParameter) as refusal:
        queries.read_query(customer_id, given)

    assert refusal.value.name == named


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"on": "2011-08-02"}, "ids"),
        ({"ids": "17850"}, "on"),
        ({"ids": "17850,x", "on": "2011-08-02"}, "ids"),
        ({"ids": "17850", "on": "2011-08-02", "limit": "5"}, "limit"),
    ],
)
def test_unreadable_request_for_a_checksum_is_refused_by_name(given, named):
    with pytest.raises(BadParameter) as refusal:
        queries.read_checksum_queries(given)

    assert refusal.value.name == named


def test_checksum_vouches_for_the_answers_themselves(store):
    tell(store, placed(1, HEART=1))
    asked = queries.read_checksum_queries({"ids": f"{CUSTOMER},1", "on": "2011-08-02"})

    checksum = queries.checksum(asked, store)

    answer = queries.answer(QUERY, store)
    known = KeyDigest(key=CUSTOMER, version=1, digest=digest_of(CUSTOMER, [answer]))
    assert checksum == checksum_of([known, KeyDigest(key="1")])


def test_checksums_of_two_days_differ_where_the_segment_does():
    store = in_memory_summaries()
    tell(store, placed(1, HEART=1))

    def hash_on(day):
        return queries.checksum([CustomerSummaryQuery(customer_id=17850, on=day)], store).hash

    assert hash_on(date(2011, 8, 2)) == hash_on(date(2011, 8, 3))
    assert hash_on(date(2011, 8, 2)) != hash_on(date(2012, 8, 2))


def test_everybody_of_whom_something_is_kept_is_listed(store):
    tell(store, placed(1, HEART=1), placed(2, HEART=1))

    listed = queries.list_customers(None, store)

    assert (listed.keys, listed.next) == ((CUSTOMER,), None)
