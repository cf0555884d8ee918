"""What tests of ordering's pages share: a customer's browser, and the forms people send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from tests.factories import HOME, a_country

if TYPE_CHECKING:
    from django.test import Client

BASKET = reverse("ordering:basket")
CHECK_OUT = reverse("ordering:check-out")
MY_ORDERS = reverse("ordering:my-orders")


def page_of(order) -> str:
    return reverse("ordering:order", args=[order.number])


def add(client: Client, stock_code: str, quantity: object = 1, **extra):
    asked = {"stock_code": stock_code, "quantity": quantity, **extra.pop("asked", {})}
    return client.post(reverse("ordering:add-to-basket"), asked, **extra)


def set_quantity(client: Client, stock_code: str, quantity: object, **extra):
    url = reverse("ordering:set-quantity", args=[stock_code])
    return client.post(url, {"quantity": quantity, **extra.pop("asked", {})}, **extra)


def an_address(**changes: str) -> dict[str, str]:
    given = {
        "recipient": "Alice",
        "line1": "1 Quay Street",
        "line2": "",
        "city": "Bristol",
        "postcode": "BS1 1AA",
        "country": a_country(HOME),
    }
    return {**given, **changes}


def key_on(page) -> str:
    """Return the key that the check-out form was given."""
    return str(page.context["form"]["idempotency_key"].value())


def messages_on(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]
