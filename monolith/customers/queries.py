"""Who buys, where they live, where their parcels go, and what they amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_contracts.customer_summary import CustomerSummaryQuery
from monolith.customers.models import Address, Country, Customer
from monolith.strangler import routing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

    from event_contracts.customer_summary import CustomerSummary
    from event_contracts.customers import Contact


class CustomerNotFound(Exception):
    """No customer has this number."""

    def __init__(self, customer_id: int) -> None:
        super().__init__(f"there is no customer {customer_id}")


class UnknownCountry(Exception):
    """The shop does not sell to a country of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown country {name!r}")


def get_customer(*, customer_id: int) -> Customer:
    """Return a customer with country and user.

    Raises:
        CustomerNotFound: there is none with this number.
    """
    try:
        return Customer.objects.select_related("country", "user").get(pk=customer_id)
    except Customer.DoesNotExist:
        raise CustomerNotFound(customer_id) from None


def find_contact(*, customer_id: int) -> Contact | None:
    """Return whom to write to about a customer; None if there is no e-mail, or no such customer."""
    customer = Customer.objects.filter(pk=customer_id).first()
    return customer.contact if customer else None


def find_customer_for_user(user: AbstractBaseUser | AnonymousUser) -> Customer | None:
    """Return the customer who signs in as this user; staff and strangers are none."""
    if user.pk is None:
        return None
    return Customer.objects.select_related("country").filter(user=user.pk).first()


def find_default_address(*, customer_id: int) -> Address | None:
    """Return where this customer's parcels go unless they say otherwise."""
    addresses = Address.objects.select_related("country")
    return addresses.filter(customer=customer_id, is_default=True).first()


def find_summary(*, customer_id: int, on: date) -> CustomerSummary | None:
    """Return what a customer amounts to on a day, whoever answers; None if nobody can just now."""
    query = CustomerSummaryQuery(customer_id=customer_id, on=on)
    try:
        summary: CustomerSummary = routing.answer("customer_summary", query).value
    except routing.AnswerUnavailable:
        return None  # the page that shows it has more to show
    return summary


def list_customer_ids(*, after: int = 0, limit: int = 500) -> list[int]:
    """List customer numbers above `after`, ascending: every customer, with or without orders."""
    ids = Customer.objects.filter(pk__gt=after).order_by("pk")
    return list(ids.values_list("pk", flat=True)[:limit])


def count_customers() -> int:
    """Count all customers."""
    return Customer.objects.count()


def get_country(*, name: str) -> Country:
    """Return a country by its name.

    Raises:
        UnknownCountry: the shop does not sell there.
    """
    try:
        return Country.objects.get(name=name.replace("\x00", ""))
    except Country.DoesNotExist:
        raise UnknownCountry(name) from None


def list_countries() -> list[Country]:
    """List the countries the shop sells to, by name."""
    return list(Country.objects.order_by("name"))


def country_ids() -> dict[str, int]:
    """Return the id of every country by name."""
    return dict(Country.objects.values_list("name", "pk"))


def known_customer_ids(*, customer_ids: Iterable[int]) -> set[int]:
    """Return which of these numbers belong to customers."""
    found = Customer.objects.filter(pk__in=customer_ids)
    return set(found.values_list("pk", flat=True))
