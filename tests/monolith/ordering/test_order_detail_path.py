"""One order as a moving read: what is asked, what is compared, and what is walked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.order_detail import OrderDetailAnswer, OrderDetailQuery
from event_contracts.plain_values import from_plain, to_plain
from event_contracts.streams import customer_stream, guest_order_stream
from extracted_services.order_detail.queries import read_query
from monolith.ordering import operations
from monolith.ordering.migration_paths.order_detail import ORDER_DETAIL, order_detail
from monolith.outbox import recording
from monolith.strangler import backfill, registry
from tests.event_contracts.examples import ENVELOPES
from tests.factories import (
    a_customer,
    a_dispatched_order,
    a_key,
    a_product,
    an_order,
    later,
    recorded,
)

(RECORD, _) = ENVELOPES["ordering.customer_orders_snapshot_taken.v1"].data.orders
ANSWER = OrderDetailAnswer(customer_id=17850, as_of=3, order=RECORD)
OF_A_GUEST = OrderDetailQuery(order_number="B100001", customer_id=None)
OF_A_CUSTOMER = OrderDetailQuery(order_number="B100001", customer_id=17850)


def test_order_detail_is_a_declared_path_of_the_family_of_orders():
    assert registry.get_path(ORDER_DETAIL) is order_detail
    assert order_detail.family == registry.get_path("order_history").family


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (OF_A_CUSTOMER, {"order_number": "B100001", "customer_id": "17850"}),
        (OF_A_GUEST, {"order_number": "B100001"}),
        (replace(OF_A_CUSTOMER, is_next=True), {"after": "B100001", "customer_id": "17850"}),
        (replace(OF_A_CUSTOMER, order_number="", is_next=True), {"customer_id": "17850"}),
    ],
)
def test_question_is_asked_in_the_service_s_words(query, parameters):
    request = order_detail.service_request(query)

    assert (request.path, request.parameters) == ("/orders", parameters)


@given(
    st.builds(
        OrderDetailQuery,
        order_number=st.text(min_size=1),
        customer_id=st.none() | st.integers(1, 2**31),
        is_next=st.booleans(),
    )
)
def test_question_can_be_written_down_and_asked_again(query):
    assert order_detail.query_class is not None
    assert from_plain(order_detail.query_class, to_plain(query)) == query
    assert order_detail.shape_of(query) in order_detail.shapes


@given(
    st.builds(
        OrderDetailQuery,
        order_number=st.text(min_size=1),
        customer_id=st.integers(1, 2**31),
        is_next=st.booleans(),
    )
    | st.builds(OrderDetailQuery, order_number=st.text(min_size=1), customer_id=st.none())
)
def test_service_reads_the_question_that_was_asked(query):
    request = order_detail.service_request(query)

    assert read_query(dict(request.parameters)) == query


def test_answer_belongs_to_the_customer_whom_it_was_asked_about():
    assert set(order_detail.subjects_in(ANSWER)) == {order_detail.subject_of(OF_A_CUSTOMER)}


def test_guest_order_s_answer_belongs_to_nobody_but_that_order():
    answer = replace(ANSWER, customer_id=None)

    assert set(order_detail.subjects_in(answer)) == {order_detail.subject_of(OF_A_GUEST)}
    assert set(order_detail.subjects_in(ANSWER)) != {order_detail.subject_of(OF_A_GUEST)}
    assert set(order_detail.subjects_in(answer)) != {order_detail.subject_of(OF_A_CUSTOMER)}


def test_returns_are_compared_by_number_and_lines_by_position():
    (note,) = RECORD.returns
    other = replace(note, credit_note_number="C100002", refund_pence=0)
    ours = replace(ANSWER, order=replace(RECORD, returns=(note, other)))
    theirs = replace(ANSWER, order=replace(RECORD, returns=(replace(other, refund_pence=9), note)))

    found = order_detail.compare(ours, theirs)

    assert [str(each) for each in found] == [
        "order.returns reordered",
        "order.returns[1].refund_pence changed",
    ]


def test_line_that_differs_is_named_by_its_place():
    bent = replace(RECORD, lines=(RECORD.lines[0], replace(RECORD.lines[1], quantity=9)))

    found = order_detail.compare(ANSWER, replace(ANSWER, order=bent))

    assert [str(each) for each in found] == ["order.lines[1].quantity changed"]


@pytest.fixture
def shop():
    """Three customers, one of whom ordered twice, and two guests."""
    alice, bob, carol = (a_customer(name) for name in ("Alice", "Bob", "Carol"))
    a_product("JAR", price_pence=295)
    first = a_dispatched_order(("JAR", 3), customer=alice)
    operations.return_items(
        order_number=first.number,
        lines=[operations.ReturnRequest(stock_code="JAR", quantity=1)],
        returned_at=later(days=2),
        idempotency_key=a_key(),
    )
    orders = [first, an_order(customer=alice, placed_at=later(days=1))]
    guests = [an_order(placed_at=later(hours=hours)) for hours in range(2)]
    return [alice, bob, carol], orders, guests


def streams(customers, guests):
    return [
        *(customer_stream(customer.pk) for customer in customers),
        *(guest_order_stream(order.number) for order in guests),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 50])
def test_every_customer_and_every_guest_order_is_a_key(shop, limit):
    customers, _, guests = shop
    keys: list[str] = []
    after = ""

    while found := order_detail.source.keys_after(after, limit):
        assert len(found) <= limit
        keys += found
        after = found[-1]

    assert keys == streams(customers, guests)
    assert order_detail.source.count is not None
    assert order_detail.source.count() == len(keys)


@pytest.mark.django_db
def test_known_keys_are_those_of_the_shop(shop):
    customers, orders, guests = shop
    strangers = {"customer/1", "guest-order/B0", guest_order_stream(orders[0].number)}

    assert order_detail.source.known is not None
    found = order_detail.source.known([*streams(customers, guests), *strangers])

    assert set(found) == set(streams(customers, guests))


@pytest.mark.django_db
def test_whole_answer_of_a_customer_is_all_orders_and_that_there_are_no_more(shop):
    (alice, *_), orders, _ = shop

    assert numbers_of(customer_stream(alice.pk)) == [*(order.number for order in orders), None]


@pytest.mark.django_db
def test_whole_answer_of_a_guest_order_is_that_order(shop):
    *_, guests = shop

    assert numbers_of(guest_order_stream(guests[0].number)) == [guests[0].number]


def numbers_of(key):
    found = []
    following: OrderDetailQuery | None = order_detail.source.first_query(key)
    while following is not None:
        answer = order_detail.ask_monolith(following)
        found.append(answer.order.order_number if answer.order else None)
        following = order_detail.source.next_query(following, answer)
    return found


@pytest.mark.django_db
def test_backfill_records_a_snapshot_of_every_stream_at_its_version(shop):
    customers, _, guests = shop
    before = len(recorded())

    run = backfill.run(ORDER_DETAIL)

    snapshots = {event.stream: event for event in recorded()[before:]}
    assert run.keys_done == run.keys_expected == 5
    assert sorted(snapshots) == sorted(streams(customers, guests))
    for stream, event in snapshots.items():
        assert event.version == recording.current_version(stream)
        assert event.data == order_detail.source.snapshot(stream)


@pytest.mark.django_db
def test_sample_questions_are_about_orders_of_customers_and_of_guests(shop):
    _, orders, guests = shop

    questions = list(order_detail.sample_queries(2))

    assert {query.order_number for query in questions} == {
        order.number for order in (*orders, *guests)
    }
    assert {order_detail.shape_of(query) for query in questions} == set(order_detail.shapes)
    assert all(order_detail.ask_monolith(query).order for query in questions)
