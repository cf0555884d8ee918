"""Customers of the trade before events: loaded in bulk under their old numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection, transaction

from event_contracts.streams import customer_stream
from monolith.customers.models import Country
from monolith.customers.queries import country_ids, known_customer_ids
from monolith.outbox import recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_CUSTOMERS = "COPY customers_customer (id, name, country_id, registered_at) FROM STDIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyCustomer:
    """A customer as the old trade knew them: a number, and the country of their first invoice."""

    customer_id: int
    country: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedCustomers:
    """How many customers were new, and how many were there already and left alone."""

    loaded: int
    skipped: int


@transaction.atomic
def load_customers(customers: Iterable[LegacyCustomer]) -> LoadedCustomers:
    """Load customers, the countries they need, and start their streams at version 1.

    They have no e-mail and no user: the old trade kept none. Numbers that are taken are left alone.
    """
    given = {customer.customer_id: customer for customer in customers}
    present = known_customer_ids(customer_ids=given)
    new = [customer for number, customer in given.items() if number not in present]
    load_countries(customer.country for customer in new)
    _copy(new)
    recording.start_streams(customer_stream(customer.customer_id) for customer in new)
    return LoadedCustomers(loaded=len(new), skipped=len(present))


def load_countries(names: Iterable[str]) -> None:
    """Add the countries that are missing."""
    Country.objects.bulk_create(
        (Country(name=name) for name in sorted(set(names))), ignore_conflicts=True
    )


def _copy(customers: Sequence[LegacyCustomer]) -> None:
    countries = country_ids()
    with connection.cursor() as cursor, cursor.copy(_CUSTOMERS) as copy:
        for customer in customers:
            number = customer.customer_id
            country = countries[customer.country]
            copy.write_row((number, f"Customer {number}", country, customer.registered_at))
