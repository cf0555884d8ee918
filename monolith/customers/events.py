"""What happened to a customer, as the published language says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.customers import (
    Contact,
    ContactSnapshotTaken,
    CustomerDetailsChanged,
    CustomerRegistered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from monolith.customers.models import Customer


def customer_registered(customer: Customer) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer.pk,
        country=customer.country.name,
        registered_at=customer.registered_at,
        contact=customer.contact,
    )


def customer_details_changed(
    customer: Customer, *, changed: Iterable[str], at: datetime
) -> CustomerDetailsChanged:
    return CustomerDetailsChanged(
        customer_id=customer.pk,
        country=customer.country.name,
        changed=tuple(changed),
        changed_at=at,
        contact=customer.contact,
    )


def contact_snapshot_taken(customer: Customer, contact: Contact) -> ContactSnapshotTaken:
    return ContactSnapshotTaken(customer_id=customer.pk, contact=contact)
