from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from monolith.ordering.models import (
    Basket,
    BasketLine,
    CreditNote,
    CreditNoteLine,
    Order,
    OrderLine,
)
from tests.factories import NOON, a_dispatched_order, a_product, an_order

pytestmark = pytest.mark.django_db

TOKEN = UUID("6f0e9a3c-8a51-4dd6-9e4b-2d8f7f4f9a10")


@pytest.fixture
def refused_by():
    def refuse(constraint, change):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            change()

    return refuse


def test_status_agrees_with_the_instants(refused_by):
    order = an_order()
    rows = Order.objects.filter(pk=order.pk)

    for fields in (
        {"status": "dispatched"},
        {"status": "cancelled"},
        {"status": "lost"},
        {"dispatched_at": NOON},
        {"status": "cancelled", "cancelled_at": NOON, "dispatched_at": NOON},
    ):
        refused_by("ordering_order_status_matches_instants", lambda f=fields: rows.update(**f))


def test_number_and_key_of_an_order_are_unique(refused_by):
    first, second = an_order(), an_order()
    row = Order.objects.filter(pk=second.pk)

    refused_by("ordering_order_number_unique", lambda: row.update(number=first.number))
    refused_by(
        "ordering_order_idempotency_key_unique",
        lambda: row.update(idempotency_key=first.idempotency_key),
    )


def test_lines_have_pieces_prices_and_places(refused_by):
    a_product("JAR")
    order = an_order(("JAR", 1), ("JAR", 2))
    rows = OrderLine.objects.filter(order=order)

    refused_by("ordering_order_line_quantity_positive", lambda: rows.update(quantity=0))
    refused_by("ordering_order_line_price_not_negative", lambda: rows.update(unit_price_pence=-1))
    refused_by("ordering_order_line_position_unique", lambda: rows.update(position=1))


def test_baskets_have_one_line_per_product_with_pieces_in_it(refused_by):
    basket = Basket.objects.create(token=TOKEN, created_at=NOON)
    product = a_product()
    line = {"basket": basket, "product_id": product.pk}
    BasketLine.objects.create(**line, quantity=1)

    refused_by(
        "ordering_basket_token_unique",
        lambda: Basket.objects.create(token=TOKEN, created_at=NOON),
    )
    refused_by(
        "ordering_basket_line_one_per_product",
        lambda: BasketLine.objects.create(**line, quantity=1),
    )
    refused_by("ordering_basket_line_quantity_positive", lambda: basket.lines.update(quantity=0))


def test_credit_notes_name_each_line_once_with_pieces_and_refund(refused_by):
    order = a_dispatched_order()
    keys = {"issued_at": NOON, "idempotency_key": "return"}
    note = CreditNote.objects.create(order=order, number="CN1", **keys)
    row = {"credit_note": note, "order_line": order.lines.get()}
    CreditNoteLine.objects.create(**row, quantity=1, refund_pence=0)

    refused_by(
        "ordering_credit_note_number_unique",
        lambda: CreditNote.objects.create(order=order, number="CN1", issued_at=NOON),
    )
    refused_by(
        "ordering_credit_note_idempotency_key_unique",
        lambda: CreditNote.objects.create(order=order, number="CN2", **keys),
    )
    refused_by(
        "ordering_credit_note_line_one_per_order_line",
        lambda: CreditNoteLine.objects.create(**row, quantity=1, refund_pence=0),
    )
    refused_by("ordering_credit_note_line_quantity_positive", lambda: note.lines.update(quantity=0))
    refused_by(
        "ordering_credit_note_line_refund_not_negative", lambda: note.lines.update(refund_pence=-1)
    )
