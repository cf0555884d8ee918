"""Changes to customers: registering, and changing who they are and where their parcels go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from event_contracts.streams import customer_stream
from monolith.customers import events
from monolith.customers.models import Address, Customer
from monolith.customers.queries import (
    CustomerNotFound,
    UnknownCountry,
    get_country,
    get_customer,
)
from monolith.outbox import recording

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "AddressDetails",
    "CustomerHasAccount",
    "CustomerNotFound",
    "CustomerNumberTaken",
    "EmailAlreadyRegistered",
    "UnknownCountry",
    "change_details",
    "open_account",
    "register_customer",
    "send_contact",
]


class EmailAlreadyRegistered(Exception):
    """Somebody has an account with this e-mail."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} has an account already")


class CustomerNumberTaken(Exception):
    """The number that a customer brings along belongs to another."""

    def __init__(self, customer_id: int) -> None:
        super().__init__(f"customer number {customer_id} is taken")


class CustomerHasAccount(Exception):
    """The customer can sign in already."""

    def __init__(self, customer_id: int) -> None:
        super().__init__(f"customer {customer_id} has an account already")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressDetails:
    """An address as people write it; `country` is a country's name."""

    recipient: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""


@transaction.atomic
def register_customer(
    *,
    email: str,
    password: str | None,
    name: str,
    country: str,
    registered_at: datetime,
    customer_id: int | None = None,
) -> Customer:
    """Open an account: a customer, and the user to sign in with, named by the e-mail in lower case.

    Without a password nobody can sign in. A given `customer_id` is a number from elsewhere to keep.

    Raises:
        CustomerNumberTaken: the given number is another customer's.
        EmailAlreadyRegistered: the e-mail is taken, whatever its case.
        UnknownCountry: the shop does not sell there.
    """
    email = email.strip().lower()
    home = get_country(name=country)
    try:
        with transaction.atomic():
            user = get_user_model().objects.create_user(
                username=email, email=email, password=password
            )
            customer = Customer.objects.create(
                pk=customer_id,
                user=user,
                name=name,
                email=email,
                country=home,
                registered_at=registered_at,
            )
    except IntegrityError as error:
        if customer_id is not None and "customers_customer_pkey" in str(error):
            raise CustomerNumberTaken(customer_id) from error
        raise EmailAlreadyRegistered(email) from error
    recording.record(
        events.customer_registered(customer),
        stream=customer_stream(customer.pk),
        occurred_at=registered_at,
    )
    return customer


@transaction.atomic
def open_account(*, customer_id: int, email: str, password: str, opened_at: datetime) -> Customer:
    """Let a customer of the old trade, who has only a number, sign in from now on.

    Raises:
        CustomerHasAccount: the customer can sign in already.
        CustomerNotFound: there is none with this number.
        EmailAlreadyRegistered: the e-mail is taken, whatever its case.
    """
    customer, email = _lock_customer(customer_id), email.strip().lower()
    if customer.user_id is not None:
        raise CustomerHasAccount(customer_id)
    try:
        with transaction.atomic():
            customer.user = get_user_model().objects.create_user(
                username=email, email=email, password=password
            )
            customer.email = email
            customer.save(update_fields=["user", "email"])
    except IntegrityError as error:
        raise EmailAlreadyRegistered(email) from error
    recording.record(
        events.customer_details_changed(customer, changed=["email"], at=opened_at),
        stream=customer_stream(customer_id),
        occurred_at=opened_at,
    )
    return customer


@transaction.atomic
def change_details(
    *,
    customer_id: int,
    name: str | None = None,
    country: str | None = None,
    address: AddressDetails | None = None,
    changed_at: datetime,
) -> Customer:
    """Change what is given; the address becomes the default one. The same again is no change.

    Raises:
        CustomerNotFound: there is none with this number.
        UnknownCountry: the shop does not sell to the customer's or the address's country.
    """
    customer = _lock_customer(customer_id)
    changed = _change_fields(customer, name=name, country=country)
    if address is not None and _change_default_address(customer, address):
        changed.append("address")
    if changed:
        recording.record(
            events.customer_details_changed(customer, changed=changed, at=changed_at),
            stream=customer_stream(customer_id),
            occurred_at=changed_at,
        )
    return customer


@transaction.atomic
def send_contact(*, customer_id: int, sent_at: datetime) -> bool:
    """Tell once more whom to write to about a customer, as a snapshot of their stream.

    For readers of facts that were recorded before these told it. It is no fact: no version, and
    nothing that other readers keep, changes. Returns whether there was anybody to tell of.

    Raises:
        CustomerNotFound: there is none with this number.
    """
    # No fact of the stream can be committed between what is read here and the version it states.
    recording.lock_stream(customer_stream(customer_id))
    customer = get_customer(customer_id=customer_id)
    contact = customer.contact
    if contact is None:
        return False
    recording.record_snapshot(
        events.contact_snapshot_taken(customer, contact),
        stream=customer_stream(customer_id),
        occurred_at=sent_at,
    )
    return True


def _lock_customer(customer_id: int) -> Customer:
    customers = Customer.objects.select_for_update(no_key=True, of=("self",))
    try:
        return customers.select_related("country").get(pk=customer_id)
    except Customer.DoesNotExist:
        raise CustomerNotFound(customer_id) from None


def _change_fields(customer: Customer, *, name: str | None, country: str | None) -> list[str]:
    changed = []
    if name is not None and name != customer.name:
        customer.name = name
        changed.append("name")
    if country is not None and country != customer.country.name:
        customer.country = get_country(name=country)
        changed.append("country")
    if changed:
        customer.save(update_fields=changed)
    return changed


def _change_default_address(customer: Customer, address: AddressDetails) -> bool:
    """Make this the default address, reusing the row if the customer had it before."""
    same, _ = Address.objects.get_or_create(
        customer=customer,
        recipient=address.recipient,
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        postcode=address.postcode,
        country=get_country(name=address.country),
    )
    if same.is_default:
        return False
    customer.addresses.filter(is_default=True).update(is_default=False)
    same.is_default = True
    same.save(update_fields=["is_default"])
    return True
