from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry

from monolith.catalogue.models import Product
from monolith.catalogue.operations import change_price
from monolith.catalogue.queries import get_product_detail
from tests.factories import a_product, later, recorded_types, stock_of
from tests.monolith.admin_pages import page, refusals, told

pytestmark = pytest.mark.django_db

LIST = page("catalogue_product_changelist")
ADD = page("catalogue_product_add")
LANTERN = {"stock_code": "lan1", "description": "RED LANTERN", "price_pence": "4.95", "quantity": 3}


def test_list_shows_price_and_stock(admin_client):
    a_product("MUG", description="RED MUG", price_pence=123_456, quantity=7)

    shown = admin_client.get(LIST, {"q": "red"}).content.decode()

    assert "RED MUG" in shown
    assert "£1,234.56" in shown


def test_list_asks_no_more_for_more_products(admin_client, django_assert_max_num_queries):
    for _ in range(20):
        a_product()

    with django_assert_max_num_queries(8):
        admin_client.get(LIST)


def test_product_shows_every_price_it_had(admin_client):
    product = a_product("MUG", price_pence=255)
    change_price(stock_code="MUG", price_pence=300, effective_at=later(days=1))

    shown = admin_client.get(page("catalogue_product_change", product.pk)).content.decode()

    assert "£2.55" in shown
    assert shown.index("£3.00") < shown.rindex("£2.55")


def test_staff_puts_a_product_on_sale(admin_client):
    response = admin_client.post(ADD, LANTERN)

    product = get_product_detail(stock_code="LAN1")
    assert (product.price_pence, product.quantity) == (495, 3)
    assert told(response) == ["LAN1 is on sale."]
    assert recorded_types() == ["catalogue.product_listed.v1"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"stock_code": "MUG"}, "Refused: product MUG is listed already."),
        ({"stock_code": "tea cup"}, "Refused: 'TEA CUP' is not a stock code."),
        ({"price_pence": "0"}, "Refused: 0 pence is not a price."),
        ({"quantity": -1}, "Refused: 0 of LAN1 in stock, cannot change by -1."),
    ],
)
def test_refused_product_says_why_and_changes_nothing(admin_client, change, refusal):
    a_product("MUG")

    response = admin_client.post(ADD, {**LANTERN, **change})

    assert refusals(response) == [refusal]
    assert Product.objects.count() == 1
    assert recorded_types() == ["catalogue.product_listed.v1"]


def test_incomplete_product_names_its_fields(admin_client):
    response = admin_client.post(ADD, {"stock_code": "X"})

    assert set(response.context["form"].errors) == {"description", "price_pence", "quantity"}


def test_staff_changes_a_price_and_the_history_says_who(admin_client, admin_user):
    product = a_product("MUG", price_pence=255)
    address = page("catalogue_product_change_price", product.pk)

    response = admin_client.post(address, {"price_pence": "3.00"})
    again = admin_client.post(address, {"price_pence": "3.00"})

    assert response.headers["Location"] == page("catalogue_product_change", product.pk)
    assert get_product_detail(stock_code="MUG").price_pence == 300
    assert refusals(again) == ["Refused: product MUG costs 300 pence already."]
    entry = LogEntry.objects.get()
    assert (entry.user, entry.change_message) == (admin_user, "MUG costs £3.00 now.")


def test_staff_corrects_the_stock_and_the_history_keeps_the_reason(admin_client):
    product = a_product("MUG", quantity=5)
    address = page("catalogue_product_correct_stock", product.pk)

    admin_client.post(address, {"change": "-2", "reason": "broken"})
    refused = admin_client.post(address, {"change": "-9", "reason": "broken"})
    unexplained = admin_client.post(address, {"change": "-1"})

    assert stock_of("MUG") == 3
    assert refusals(refused) == ["Refused: 3 of MUG in stock, cannot change by -9."]
    assert set(unexplained.context["form"].errors) == {"reason"}
    assert LogEntry.objects.get().change_message.endswith("Reason: broken")


def test_nothing_is_written_around_the_operations(admin_client):
    product = a_product("MUG", description="RED MUG")

    changing = admin_client.post(
        page("catalogue_product_change", product.pk), {"description": "BLUE MUG"}
    )
    deleting = admin_client.post(page("catalogue_product_delete", product.pk), {"post": "yes"})

    assert (changing.status_code, deleting.status_code) == (403, 403)
    assert Product.objects.get().description == "RED MUG"


def test_onlooker_sees_products_and_changes_none(client, staff):
    product = a_product("MUG")
    client.force_login(staff("catalogue.view_product"))

    shown = client.get(page("catalogue_product_change", product.pk))
    changing = client.post(page("catalogue_product_change_price", product.pk), {"price_pence": 1})
    adding = client.post(ADD, LANTERN)

    assert shown.status_code == 200
    assert "Change the price" not in shown.content.decode()
    assert (changing.status_code, adding.status_code) == (403, 403)


@pytest.mark.parametrize("number", ["999999", "none"])
def test_unknown_product_is_not_found(admin_client, number):
    changing = admin_client.get(page("catalogue_product_change_price", number))
    looking = admin_client.get(page("catalogue_product_change", number))

    assert changing.status_code == 404
    assert looking.status_code == 302
