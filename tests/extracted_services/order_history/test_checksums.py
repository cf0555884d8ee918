"""A checksum vouches for the answers that the same store would give, page by page."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.checksums import KeyDigest, checksum_of, digest_of
from event_contracts.order_history import Cursor
from event_contracts.plain_values import to_plain
from extracted_services.lambda_support.responding import Request
from extracted_services.order_history import queries
from extracted_services.order_history.handlers import answer
from extracted_services.order_history.view import OrderRow
from extracted_services.read_models.projecting import Changes, Head
from tests.extracted_services.order_history.histories import ANNA, in_memory_histories, order, query

CUSTOMER = str(ANNA)


def _keep(store, *orders, as_of=3, customer_id=CUSTOMER, **head):
    rows = tuple(OrderRow(order=each, version=1) for each in orders)
    changes = Changes(key=customer_id, expected=None, head=Head(as_of=as_of, **head), rows=rows)
    store.write(changes)


def _pages(store):
    asked = query(limit=100)
    pages = [queries.answer(asked, store)]
    while pages[-1].next:
        before = Cursor.parse(pages[-1].next)
        pages.append(queries.answer(replace(asked, before=before), store))
    return pages


def _vouched(pages):
    digest = digest_of(CUSTOMER, pages)
    return checksum_of([KeyDigest(key=CUSTOMER, version=pages[0].as_of, digest=digest)])


def _get(store, route, **parameters):
    response = answer(Request(route=route, path={}, parameters=parameters), kept_in=store)
    return response["statusCode"], json.loads(response["body"])


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_checksum_is_that_of_all_pages(store, count):
    for first in range(0, count, 90):
        head = store.find_head(CUSTOMER)
        rows = [
            OrderRow(order=order(number + 1), version=1)
            for number in range(first, min(first + 90, count))
        ]
        store.write(
            Changes(key=CUSTOMER, expected=head, head=Head(as_of=first + 1), rows=tuple(rows))
        )
    if not count:
        _keep(store)

    assert queries.checksum([CUSTOMER], store) == _vouched(_pages(store))


orders = st.lists(
    st.builds(
        order,
        st.integers(1, 3),
        st.sampled_from(["placed", "dispatched"]),
        st.integers(0, 1),
    ),
    max_size=3,
    unique_by=lambda each: each.order_number,
)
histories = st.tuples(orders, st.integers(1, 2))


@given(ours=histories, theirs=histories)
def test_checksums_of_two_stores_are_equal_exactly_when_their_pages_are(ours, theirs):
    stores = [in_memory_histories(), in_memory_histories()]
    for store, (kept, as_of) in zip(stores, (ours, theirs), strict=True):
        _keep(store, *kept, as_of=as_of)

    first, second = (queries.checksum([CUSTOMER], store) for store in stores)

    same_pages = to_plain(tuple(_pages(stores[0]))) == to_plain(tuple(_pages(stores[1])))
    assert (first.hash == second.hash) is same_pages


@pytest.mark.parametrize("head", [{"awaiting_snapshot": True}, {"replacing": "an-event-id"}])
def test_incomplete_history_has_no_version(in_memory_store, head):
    _keep(in_memory_store, order(1), **head)

    checksum = queries.checksum([CUSTOMER, "1"], in_memory_store)

    assert checksum.count == 0
    assert [each.version for each in checksum.versions] == [None, None]


def test_history_that_is_just_changing_has_no_version(in_memory_store):
    _keep(in_memory_store, order(1), as_of=0)

    assert queries.checksum([CUSTOMER], in_memory_store).count == 0


def test_checksum_is_answered_for_up_to_a_hundred_customers(in_memory_store):
    _keep(in_memory_store, order(1))
    ids = ",".join(str(ANNA + number) for number in range(100))

    status, body = _get(in_memory_store, "GET /customers/checksums", ids=ids)

    assert status == 200
    assert body["count"] == 1
    assert body["hash"] == _vouched(_pages(in_memory_store)).hash
    assert len(body["versions"]) == 100
    assert body["versions"][0] == {"key": CUSTOMER, "version": 3}


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({}, "ids"),
        ({"ids": ""}, "ids"),
        ({"ids": "1,x"}, "ids"),
        ({"ids": ",".join(["1"] * 101)}, "ids"),
        ({"ids": "1", "limit": "5"}, "limit"),
    ],
)
def test_unreadable_request_for_a_checksum_is_refused(in_memory_store, parameters, named):
    status, body = _get(in_memory_store, "GET /customers/checksums", **parameters)

    assert (status, body["parameter"]) == (400, named)


def test_customers_are_listed_page_by_page(in_memory_store):
    for number in range(3):
        _keep(in_memory_store, customer_id=str(ANNA + number))

    _, first = _get(in_memory_store, "GET /customers")
    _, second = _get(in_memory_store, "GET /customers", after=first["next"])

    assert first["keys"] + second["keys"] == [str(ANNA + number) for number in range(3)]
    assert second["next"] is None


@pytest.mark.parametrize("parameters", [{"after": "nowhere"}, {"before": "x"}])
def test_unreadable_request_for_a_list_is_refused(in_memory_store, parameters):
    status, body = _get(in_memory_store, "GET /customers", **parameters)

    assert (status, body["parameter"]) == (400, next(iter(parameters)))
