"""Makes the customers of the crowd, some in the canary's cohort and some not: told as JSON.

`python -m tests.strangler_faults.people IN OUT ORDERS`: so many of each, each with so many orders.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from uuid import uuid4

import django

CANARY_BP = 5_000


def main() -> None:
    """Make them."""
    django.setup()
    wanted = {True: int(sys.argv[1]), False: int(sys.argv[2])}
    stock_codes = _stock_codes()
    made = []
    while any(wanted.values()):
        person = _register()
        if wanted[person["is_in"]]:
            wanted[person["is_in"]] -= 1
            made.append(person)
    codes = cycle(stock_codes)
    for _ in range(int(sys.argv[3])):
        for person in made:
            _order(person["id"], next(codes))
    sys.stdout.write(json.dumps({"people": made, "stock_codes": stock_codes}) + "\n")


def _stock_codes() -> list[str]:
    from event_contracts.catalogue_search import CatalogueSearchQuery
    from monolith.catalogue.queries import cards, search_catalogue

    query = CatalogueSearchQuery(available_only=True, sort="newest", page_size=100)
    products = cards(search_catalogue(query).products)
    plenty = sorted(products, key=lambda product: -product.quantity)[:20]
    return [product.stock_code for product in plenty]


def _register() -> dict[str, Any]:
    from rest_framework.authtoken.models import Token

    from monolith.customers import operations
    from monolith.strangler.deciding.cohort import bucket_of, is_in_share

    customer = operations.register_customer(
        email=f"{uuid4().hex}@example.com",
        password=None,
        name="Jo Reader",
        country="United Kingdom",
        registered_at=datetime.now(UTC),
    )
    assert customer.user is not None
    token = Token.objects.create(user=customer.user)
    bucket = bucket_of("orders", str(customer.pk))
    return {"id": customer.pk, "token": token.key, "is_in": is_in_share(bucket, CANARY_BP)}


def _order(customer_id: int, stock_code: str) -> None:
    from monolith.ordering import operations

    operations.place_order(
        lines=[operations.LineRequest(stock_code=stock_code, quantity=1)],
        customer_id=customer_id,
        delivery=operations.DeliveryDetails(
            recipient="Jo Reader",
            line1="1 Quay Street",
            city="Bristol",
            postcode="BS1 1AA",
            country="United Kingdom",
        ),
        placed_at=datetime.now(UTC),
        idempotency_key=str(uuid4()),
    )


if __name__ == "__main__":
    main()
