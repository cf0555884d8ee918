from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monolith.customers.models import Customer
from monolith.customers.operations import CustomerNumberTaken, register_customer
from tests.monolith.trade.shop_state import events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("countries")]


def register(number, email):
    return register_customer(
        email=email,
        password=None,
        name="Somebody",
        country="EIRE",
        registered_at=datetime(2011, 8, 1, 9, tzinfo=UTC),
        customer_id=number,
    )


def test_customer_may_bring_their_number_along():
    customer = register(501, "one@shop.example")

    assert customer.pk == 501
    assert events() == [("customer/501", 1, "customers.customer_registered.v1")]


def test_number_of_another_customer_is_refused():
    register(501, "one@shop.example")

    with pytest.raises(CustomerNumberTaken, match="501"):
        register(501, "other@shop.example")
    assert Customer.objects.count() == 1
