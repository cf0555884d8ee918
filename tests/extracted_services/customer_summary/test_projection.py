from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.customer_summary import OrderMark
from event_contracts.ordering import OrderHistorySnapshotTaken
from extracted_services.customer_summary.handlers import project
from extracted_services.customer_summary.projection import OrderUnknown, customer_of, decide
from extracted_services.customer_summary.view import Kept, OrderRow, SummaryRow
from extracted_services.read_models.projecting import Head, Outcome, VersionGap
from tests.extracted_services.customer_summary.customers import (
    CUSTOMER,
    in_memory_summaries,
    mark,
    placed,
    record,
    returned,
    snapshot,
    tell,
)
from tests.extracted_services.order_history.histories import (
    ANNA,
    cancelled,
    dispatched,
    envelope,
    placed_at,
    registered,
)


@pytest.fixture
def store():
    return in_memory_summaries()


def pieces_of(summary):
    return {code: kept.pieces for code, kept in summary.products.items()}


def test_orders_add_up(store):
    tell(store, registered(), placed(1, HEART=2, JAR=1), placed(2, JAR=3))

    assert store.find_summary(CUSTOMER) == SummaryRow(
        version=3,
        order_count=2,
        ordered_pence=600,
        first_order=mark(1),
        last_order=mark(2),
        products={
            "HEART": Kept(pieces=2, description="PRODUCT HEART"),
            "JAR": Kept(pieces=4, description="PRODUCT JAR"),
        },
    )


def test_what_an_order_contributed_is_kept_with_it(store):
    tell(store, placed(1, HEART=2, JAR=1), dispatched(1), returned(1, HEART=2))

    (item, _) = store.table.read(CUSTOMER).rows
    assert item["row"]["S"] == "order#2011-08-01T10:00:00.000000+00:00#B000001"
    assert store.touched_by(returned(1), customer_id=CUSTOMER).order == OrderRow(
        mark=mark(1),
        ordered_pence=300,
        returned_pence=200,
        products={"JAR": Kept(pieces=1, description="PRODUCT JAR")},
    )


def test_late_return_takes_away_what_came_back_and_nothing_else(store):
    tell(store, placed(1, HEART=5), placed(2, HEART=1), dispatched(1), dispatched(2))
    tell(store, returned(1, HEART=2), returned(1, so_far_pence=200, HEART=3))

    summary = store.find_summary(CUSTOMER)

    assert (summary.order_count, summary.ordered_pence, summary.returned_pence) == (2, 600, 500)
    assert pieces_of(summary) == {"HEART": 1}
    assert (summary.first_order, summary.last_order) == (mark(1), mark(2))


def test_product_of_which_all_came_back_is_gone(store):
    tell(store, placed(1, HEART=2, JAR=1), dispatched(1), returned(1, HEART=2))

    assert pieces_of(store.find_summary(CUSTOMER)) == {"JAR": 1}


def test_cancelled_order_takes_back_all_that_it_contributed(store):
    tell(store, placed(1, HEART=2), placed(2, HEART=1, JAR=4), cancelled(2))

    summary = store.find_summary(CUSTOMER)

    assert (summary.order_count, summary.cancelled_count, summary.ordered_pence) == (1, 1, 200)
    assert pieces_of(summary) == {"HEART": 2}


@pytest.mark.parametrize(
    ("called_off", "first", "last"),
    [
        ([4], 1, 3),
        ([1], 2, 4),
        ([2], 1, 4),
        ([3, 4], 1, 2),
        ([4, 3], 1, 2),
        ([2, 1], 3, 4),
        ([1, 4, 2], 3, 3),
    ],
    ids=str,
)
def test_being_the_first_or_the_last_order_is_handed_on(store, called_off, first, last):
    tell(store, *(placed(number, HEART=1) for number in (1, 2, 3, 4)))

    tell(store, *map(cancelled, called_off))

    summary = store.find_summary(CUSTOMER)
    assert (summary.first_order, summary.last_order) == (mark(first), mark(last))


def test_who_cancelled_everything_has_no_first_order(store):
    tell(store, placed(1, HEART=1), cancelled(1))

    assert store.find_summary(CUSTOMER) == SummaryRow(version=2, cancelled_count=1)


def test_order_that_was_entered_late_may_be_the_first(store):
    tell(store, placed(2, HEART=1), placed(1, HEART=1))

    summary = store.find_summary(CUSTOMER)
    assert (summary.first_order, summary.last_order) == (mark(1), mark(2))


def test_sum_has_the_version_of_every_event_that_was_applied(store):
    tell(store, registered(), placed(1, HEART=1), dispatched(1))

    assert store.find_summary(CUSTOMER).version == 3
    assert store.find_head(CUSTOMER) == Head(as_of=3)


def test_snapshot_states_everything(store):
    tell(store, placed(9, OTHER=9))
    taken = snapshot(
        record(1, HEART=3, back=({"HEART": 1}, {"HEART": 1})),
        record(2, status="cancelled", JAR=4),
        record(3, status="placed", HEART=1, JAR=1),
    )

    project(envelope(7, taken), kept_in=store)

    assert store.find_summary(CUSTOMER) == SummaryRow(
        version=7,
        order_count=2,
        cancelled_count=1,
        ordered_pence=500,
        returned_pence=200,
        first_order=mark(1),
        last_order=mark(3),
        products={
            "HEART": Kept(pieces=2, description="PRODUCT HEART"),
            "JAR": Kept(pieces=1, description="PRODUCT JAR"),
        },
    )
    assert len(store.table.read(CUSTOMER).rows) == 4


def test_snapshot_of_another_read_model_is_left_alone(store):
    other = OrderHistorySnapshotTaken(customer_id=ANNA, orders=())

    outcome = project(envelope(1, other), kept_in=store)

    assert outcome is Outcome.IGNORED
    assert store.find_head(CUSTOMER) is None


def test_event_that_comes_twice_counts_once(store):
    tell(store, placed(1, HEART=2))

    outcome = project(envelope(1, placed(1, HEART=2)), kept_in=store)

    assert outcome is Outcome.IGNORED
    assert store.find_summary(CUSTOMER).order_count == 1


def test_event_that_comes_too_early_goes_back(store):
    tell(store, placed(1, HEART=2))

    with pytest.raises(VersionGap):
        project(envelope(3, placed(3, HEART=2)), kept_in=store)


@pytest.mark.parametrize("event", [cancelled(5), returned(5, HEART=1)])
def test_change_of_an_order_that_was_never_placed_is_an_error(store, event):
    tell(store, placed(1, HEART=2))

    with pytest.raises(OrderUnknown, match="B000005"):
        project(envelope(2, event), kept_in=store)

    assert store.find_head(CUSTOMER) == Head(as_of=1)


def test_nothing_is_read_for_an_event_that_is_not_applied():
    def refuse():
        raise AssertionError

    decision = decide(envelope(2, placed(1, HEART=1)), Head(as_of=2), refuse)

    assert decision.outcome is Outcome.IGNORED


def test_only_customers_have_a_summary():
    assert customer_of(envelope(1, registered())) == CUSTOMER
    assert customer_of(envelope(1, placed(1), stream="guest-order/B1")) is None


numbers = st.integers(1, 4)
fates = st.lists(st.tuples(st.sampled_from(["cancel", "return"]), numbers), max_size=6)


@given(ordered=st.lists(numbers, unique=True), fates=fates)
def test_what_was_added_up_step_by_step_is_what_a_snapshot_states(ordered, fates):
    stepwise, at_once = in_memory_summaries(), in_memory_summaries()
    tell(stepwise, registered(), *(placed(number, A=number, B=6) for number in ordered))
    called_off, back = set(), dict.fromkeys(ordered, 0)
    for fate, number in fates:
        if number not in back or number in called_off:
            continue
        if fate == "cancel" and not back[number]:
            called_off.add(number)
            tell(stepwise, cancelled(number))
        elif fate == "return" and back[number] < 6:
            tell(stepwise, returned(number, so_far_pence=100 * back[number], B=1))
            back[number] += 1
    records = [
        record(
            number,
            status="cancelled" if number in called_off else "dispatched",
            back=[{"B": 1}] * back[number],
            A=number,
            B=6,
        )
        for number in sorted(ordered)
    ]
    head = stepwise.find_head(CUSTOMER)
    assert head is not None

    project(envelope(head.as_of, snapshot(*records)), kept_in=at_once)

    assert stepwise.table.read(CUSTOMER) == at_once.table.read(CUSTOMER)


def test_orders_of_one_instant_stand_by_their_numbers(store):
    twin = placed(1, HEART=1)
    later = OrderMark(order_number="B000009", placed_at=placed_at(1))
    other = type(twin)(
        **{name: getattr(twin, name) for name in twin.__slots__} | {"order_number": "B000009"}
    )

    tell(store, other, twin)

    summary = store.find_summary(CUSTOMER)
    assert (summary.first_order, summary.last_order) == (mark(1), later)
