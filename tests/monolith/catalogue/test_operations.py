from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from event_contracts.catalogue import (
    PriceChanged,
    ProductBecameAvailable,
    ProductListed,
    ProductSoldOut,
)
from monolith.catalogue import operations
from monolith.catalogue.models import Price, Product, StockLevel
from monolith.catalogue.queries import current_prices
from tests.factories import NOON, OPENED, a_product, later, recorded, stock_of

pytestmark = pytest.mark.django_db


def list_hearts(**changes):
    given = {
        "stock_code": " 85123a ",
        "description": "WHITE HANGING HEART",
        "price_pence": 255,
        "quantity": 6,
        "listed_at": NOON,
    }
    return operations.list_product(**{**given, **changes})


def test_listed_product_is_on_sale_and_its_stream_begins():
    product = list_hearts()

    assert (product.stock_code, product.stock.quantity) == ("85123A", 6)
    (envelope,) = recorded()
    assert (envelope.stream, envelope.version, envelope.occurred_at) == ("product/85123A", 1, NOON)
    assert envelope.data == ProductListed(
        stock_code="85123A",
        description="WHITE HANGING HEART",
        price_pence=255,
        is_available=True,
        listed_at=NOON,
    )


def test_product_listed_without_stock_is_not_available():
    list_hearts(quantity=0)

    assert recorded()[0].data.is_available is False


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"price_pence": 0}, operations.InvalidPrice),
        ({"price_pence": -1}, operations.InvalidPrice),
        ({"price_pence": 2**31}, operations.InvalidPrice),
        ({"quantity": -1}, operations.StockWouldBeNegative),
    ],
)
def test_product_that_makes_no_sense_is_not_listed(changes, error):
    with pytest.raises(error):
        list_hearts(**changes)

    assert not Product.objects.exists()
    assert recorded() == []


def test_stock_code_is_listed_once_whatever_its_case():
    list_hearts()

    with pytest.raises(operations.ProductAlreadyListed, match="85123A is listed already"):
        list_hearts(stock_code="85123A", description="ANOTHER")

    assert Product.objects.get().description == "WHITE HANGING HEART"
    assert len(recorded()) == 1


def test_product_without_a_stock_code_is_not_listed():
    with pytest.raises(operations.InvalidStockCode):
        list_hearts(stock_code=" ")

    assert recorded() == []


def test_price_changes_from_an_instant_on():
    list_hearts()

    operations.change_price(stock_code="85123a", price_pence=295, effective_at=later(days=1))

    assert current_prices(stock_codes=["85123A"]) == {"85123A": 295}
    assert recorded()[-1].data == PriceChanged(
        stock_code="85123A",
        old_price_pence=255,
        new_price_pence=295,
        effective_at=later(days=1),
    )


def test_second_price_for_one_instant_replaces_the_first():
    list_hearts()
    operations.change_price(stock_code="85123A", price_pence=295, effective_at=later(days=1))

    operations.change_price(stock_code="85123A", price_pence=299, effective_at=later(days=1))

    assert list(
        Price.objects.order_by("effective_from").values_list("amount_pence", flat=True)
    ) == [
        255,
        299,
    ]
    assert recorded()[-1].data.old_price_pence == 295


@pytest.mark.parametrize(
    ("stock_code", "price_pence", "error"),
    [
        ("85123A", 0, operations.InvalidPrice),
        ("85123A", 255, operations.PriceUnchanged),
        ("NONE", 299, operations.ProductNotFound),
    ],
)
def test_price_change_that_makes_no_sense_changes_nothing(stock_code, price_pence, error):
    list_hearts()

    with pytest.raises(error):
        operations.change_price(
            stock_code=stock_code, price_pence=price_pence, effective_at=later(days=1)
        )

    assert Price.objects.count() == 1
    assert len(recorded()) == 1


def test_stock_moves_are_not_events():
    a_product("JAR", quantity=5)

    left = operations.adjust_stock(
        stock_code="jar", change=-4, reason="damaged", adjusted_at=later(hours=1)
    )

    assert (left, stock_of("JAR")) == (1, 1)
    assert len(recorded()) == 1


def test_last_piece_leaving_the_shelf_sells_the_product_out():
    a_product("JAR", quantity=5)

    operations.adjust_stock(stock_code="JAR", change=-5, reason="lost", adjusted_at=NOON)

    assert recorded()[-1].data == ProductSoldOut(stock_code="JAR", sold_out_at=NOON)


def test_first_piece_on_the_shelf_makes_the_product_available():
    a_product("JAR", quantity=0)

    operations.adjust_stock(stock_code="JAR", change=3, reason="found", adjusted_at=NOON)

    assert recorded()[-1].data == ProductBecameAvailable(stock_code="JAR", available_at=NOON)


def test_stock_cannot_go_below_zero():
    a_product("JAR", quantity=5)

    with pytest.raises(operations.StockWouldBeNegative, match="5 of JAR in stock"):
        operations.adjust_stock(stock_code="JAR", change=-6, reason="lost", adjusted_at=NOON)

    assert stock_of("JAR") == 5
    assert len(recorded()) == 1


def test_stock_of_an_unknown_product_cannot_be_adjusted():
    with pytest.raises(operations.ProductNotFound):
        operations.adjust_stock(stock_code="NONE", change=1, reason="found", adjusted_at=NOON)


def test_taking_stock_takes_all_or_nothing():
    plenty, few = a_product("PLENTY", quantity=9), a_product("FEW", quantity=1)

    with pytest.raises(operations.OutOfStock) as refusal, transaction.atomic():
        operations.take_stock(quantities={plenty.pk: 3, few.pk: 2}, taken_at=NOON)

    assert (refusal.value.stock_code, refusal.value.wanted, refusal.value.available) == (
        "FEW",
        2,
        1,
    )
    assert stock_of("PLENTY") == 9


def breaks(constraint):
    return pytest.raises(IntegrityError, match=constraint)


def test_database_refuses_stock_below_zero():
    product = a_product()

    with breaks("catalogue_stock_not_negative"), transaction.atomic():
        StockLevel.objects.filter(product=product).update(quantity=-1)


def test_database_refuses_a_price_of_nothing():
    product = a_product()

    with breaks("catalogue_price_positive"), transaction.atomic():
        Price.objects.create(product=product, amount_pence=0, effective_from=later(days=1))


def test_database_refuses_two_prices_for_one_instant():
    product = a_product()

    with breaks("catalogue_price_one_per_instant"), transaction.atomic():
        Price.objects.create(product=product, amount_pence=1, effective_from=OPENED)


@pytest.mark.parametrize("stock_code", ["85123a", ""])
def test_database_refuses_a_stock_code_in_another_spelling(stock_code):
    with breaks("catalogue_product_stock_code_upper_case"), transaction.atomic():
        Product.objects.create(stock_code=stock_code, description="HEART", listed_at=NOON)


def test_database_refuses_a_stock_code_twice():
    a_product("JAR")

    with breaks("catalogue_product_stock_code_unique"), transaction.atomic():
        Product.objects.create(stock_code="JAR", description="HEART", listed_at=NOON)


def test_search_uses_its_index():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = Product.objects.filter(search="heart").explain()

    assert "catalogue_product_search" in plan
