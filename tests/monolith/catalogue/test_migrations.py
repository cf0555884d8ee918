"""Going back, and forward again, writes the words of what is listed as each of them has them."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from monolith.catalogue.models import Product
from tests.factories import NOON


@pytest.mark.django_db
def test_words_of_what_is_listed_follow_the_migration_either_way():
    product = Product.objects.create(stock_code="0E0A", description="HEART", listed_at=NOON)
    words = []
    for migration in ("0003", "0004"):
        call_command("migrate", "catalogue", migration, verbosity=0)
        words.append(Product.objects.values_list("search", flat=True).get(pk=product.pk))

    assert words == ["'0e0':1 'a':2 'heart':3", "'0e0a':1 'heart':2"]
