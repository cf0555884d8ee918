"""Whole orders in the published language: what a snapshot states of a stream."""

from __future__ import annotations

import pytest
from django.db import transaction

from event_contracts.codec import decode
from event_contracts.order_detail import OrderDetailAnswer, OrderDetailQuery
from event_contracts.ordering import (
    CustomerOrdersSnapshotTaken,
    OrderedLine,
    OrderRecord,
    ReturnedLine,
    ReturnRecord,
)
from event_contracts.streams import customer_stream, guest_order_stream
from monolith.catalogue.legacy import LegacyProduct, load_products
from monolith.ordering import operations, queries
from monolith.ordering.legacy import LegacyLine, LegacyOrder, load_orders
from monolith.outbox import recording
from monolith.outbox.claim_checks import InMemoryClaimStore
from monolith.outbox.models import OutboxMessage
from monolith.outbox.publishers import InMemoryPublisher
from tests.factories import (
    HOME,
    NOON,
    OPENED,
    a_country,
    a_customer,
    a_dispatched_order,
    a_key,
    a_product,
    an_order,
    later,
)
from tests.monolith.outbox.running import all_published, eventually, running_relay

pytestmark = pytest.mark.django_db
# More than anybody of the old trade: 127 orders the one, 4,222 lines another.
MANY_ORDERS, MANY_LINES = 220, 5_500


@pytest.fixture
def alice():
    return a_customer()


@pytest.fixture
def order(alice):
    a_product("HEART", price_pence=255, description="WHITE HEART — “CAFÉ”")
    a_product("JAR", price_pence=425, description="JAR")
    return a_dispatched_order(("HEART", 4), ("JAR", 2), ("HEART", 3), customer=alice)


def send_back(order, stock_code, quantity, returned_at):
    return operations.return_items(
        order_number=order.number,
        lines=[operations.ReturnRequest(stock_code=stock_code, quantity=quantity)],
        returned_at=returned_at,
        idempotency_key=a_key(),
    )


def snapshot_of(customer):
    return queries.get_orders_snapshot(customer_stream(customer.pk))


def test_snapshot_states_lines_instants_and_returns_of_an_order(alice, order):
    first = send_back(order, "HEART", 5, later(days=1))
    second = send_back(order, "JAR", 1, later(days=2))

    assert snapshot_of(alice) == CustomerOrdersSnapshotTaken(
        customer_id=alice.pk,
        orders=(
            OrderRecord(
                order_number=order.number,
                placed_at=NOON,
                country=HOME,
                status="dispatched",
                dispatched_at=later(hours=4),
                lines=(
                    _line("HEART", 4, 255, "WHITE HEART — “CAFÉ”"),
                    _line("JAR", 2, 425, "JAR"),
                    _line("HEART", 3, 255, "WHITE HEART — “CAFÉ”"),
                ),
                returns=(
                    ReturnRecord(
                        credit_note_number=first.number,
                        returned_at=later(days=1),
                        lines=(_back("HEART", 4, 1020, 1), _back("HEART", 1, 255, 3)),
                        refund_pence=1275,
                    ),
                    ReturnRecord(
                        credit_note_number=second.number,
                        returned_at=later(days=2),
                        lines=(_back("JAR", 1, 425, 2),),
                        refund_pence=425,
                    ),
                ),
            ),
        ),
    )


def test_cancelled_order_says_when_and_why(alice):
    order = an_order(customer=alice)
    operations.cancel_order(
        order_number=order.number, cancelled_at=later(hours=1), reason="changed my mind"
    )

    (record,) = snapshot_of(alice).orders
    assert (record.status, record.cancelled_at, record.cancel_reason, record.dispatched_at) == (
        "cancelled",
        later(hours=1),
        "changed my mind",
        None,
    )


def test_orders_stand_oldest_first_and_nobody_else_s_among_them(alice):
    newer = an_order(customer=alice, placed_at=later(days=1))
    older = an_order(customer=alice)
    an_order(customer=a_customer("Bob"))
    an_order()

    numbers = [record.order_number for record in snapshot_of(alice).orders]
    assert numbers == [older.number, newer.number]


def test_customer_without_orders_has_an_empty_snapshot(alice):
    assert snapshot_of(alice) == CustomerOrdersSnapshotTaken(customer_id=alice.pk, orders=())


def test_guest_order_is_the_whole_of_its_stream():
    order = an_order()

    taken = queries.get_orders_snapshot(guest_order_stream(order.number))

    assert taken.customer_id is None
    assert [record.order_number for record in taken.orders] == [order.number]


def test_customer_s_order_is_on_no_guest_stream(order):
    taken = queries.get_orders_snapshot(guest_order_stream(order.number))

    assert taken == CustomerOrdersSnapshotTaken(customer_id=None, orders=())


def test_stream_that_carries_no_orders_has_no_snapshot_of_them():
    with pytest.raises(ValueError, match="no orders travel on 'product/HEART'"):
        queries.get_orders_snapshot("product/HEART")


def test_lines_in_a_snapshot_are_those_that_the_event_told(alice, order):
    placed = _data_of("ordering.order_placed.v1")

    (record,) = snapshot_of(alice).orders
    assert record.lines == placed.lines


def test_return_in_a_snapshot_is_the_one_that_the_event_told(alice, order):
    send_back(order, "HEART", 6, later(days=1))
    told = _data_of("ordering.items_returned.v1")

    (record,) = snapshot_of(alice).orders
    assert record.returns == (
        ReturnRecord(
            credit_note_number=told.credit_note_number,
            returned_at=told.returned_at,
            lines=told.lines,
            refund_pence=told.refund_pence,
        ),
    )


def ask(order_number, customer=None, **asked):
    customer_id = customer.pk if customer else None
    return queries.get_order_detail(
        OrderDetailQuery(order_number=order_number, customer_id=customer_id, **asked)
    )


def test_answer_is_the_record_as_of_the_version_of_the_customer_s_stream(alice, order):
    send_back(order, "JAR", 1, later(days=1))

    answer = ask(order.number, alice)

    assert (answer.order,) == snapshot_of(alice).orders
    assert answer.customer_id == alice.pk
    assert answer.as_of == recording.current_version(customer_stream(alice.pk)) == 4


def test_guest_order_s_answer_is_as_of_its_own_stream():
    order = an_order()

    answer = ask(order.number)

    assert (answer.customer_id, answer.as_of) == (None, 1)
    assert answer.order is not None
    assert answer.order.order_number == order.number


def test_order_that_never_was_is_an_answer_too(alice):
    assert ask("B0", alice) == OrderDetailAnswer(customer_id=alice.pk, as_of=1, order=None)
    assert ask("B0") == OrderDetailAnswer(customer_id=None, as_of=0, order=None)
    assert ask("B\x000", alice).order is None


def test_somebody_else_s_order_is_not_found(alice, order):
    guest_order = an_order()

    assert ask(order.number, a_customer("Bob")).order is None
    assert ask(order.number).order is None
    assert ask(guest_order.number, alice).order is None


def test_orders_of_a_customer_follow_each_other_by_number(alice):
    numbers = [an_order(customer=alice, placed_at=later(hours=-hour)).number for hour in range(3)]
    an_order(customer=a_customer("Bob"))
    found, number = [], ""

    while (record := ask(number, alice, is_next=True).order) is not None:
        number = record.order_number
        found.append(number)

    assert found == sorted(numbers)


def test_answer_is_given_by_one_statement(alice, order, django_assert_num_queries):
    with django_assert_num_queries(1):
        ask(order.number, alice)


@pytest.fixture
def buyer(alice):
    """A customer as large as the largest of the old trade."""
    codes = [f"P{number}" for number in range(MANY_LINES // MANY_ORDERS)]
    a_country()
    load_products(
        LegacyProduct(
            stock_code=code,
            description="WHITE HANGING HEART T-LIGHT HOLDER",
            listed_at=OPENED,
            prices=((OPENED, 255),),
            quantity=9,
        )
        for code in codes
    )
    load_orders(
        LegacyOrder(
            number=f"{536365 + number}",
            customer_id=alice.pk,
            country=HOME,
            placed_at=later(hours=number),
            dispatched_at=later(hours=number),
            lines=tuple(
                LegacyLine(stock_code=code, quantity=6, unit_price_pence=255) for code in codes
            ),
        )
        for number in range(MANY_ORDERS)
    )
    return alice


def test_largest_customer_is_read_by_one_statement(buyer, django_assert_num_queries):
    with django_assert_num_queries(1):
        taken = snapshot_of(buyer)

    assert len(taken.orders) == MANY_ORDERS
    assert sum(len(record.lines) for record in taken.orders) == MANY_LINES


@pytest.mark.django_db(transaction=True)
def test_snapshot_of_the_largest_customer_goes_by_claim_check(buyer):
    _record_snapshot(buyer)
    claims = InMemoryClaimStore()
    publisher = InMemoryPublisher(claims=claims)

    with running_relay(publisher):
        eventually(all_published)

    payload = publisher.published[-1].payload
    assert '"data":' not in payload
    read = decode(payload, fetch=lambda dataref, _event_id: claims.kept[dataref])
    assert read.data == snapshot_of(buyer)


def _record_snapshot(customer):
    stream = customer_stream(customer.pk)
    with transaction.atomic():
        recording.lock_stream(stream)
        recording.record_snapshot(snapshot_of(customer), stream=stream, occurred_at=later(days=30))


def _data_of(event_type):
    (payload,) = OutboxMessage.objects.filter(event_type=event_type).values_list(
        "payload", flat=True
    )
    return decode(payload).data


def _line(stock_code, quantity, unit_price_pence, description):
    return OrderedLine(
        stock_code=stock_code,
        description=description,
        quantity=quantity,
        unit_price_pence=unit_price_pence,
    )


def _back(stock_code, quantity, refund_pence, position):
    return ReturnedLine(
        stock_code=stock_code, quantity=quantity, refund_pence=refund_pence, position=position
    )
