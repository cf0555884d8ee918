"""Reading the admin's pages in tests."""

from __future__ import annotations

from django.contrib.messages import get_messages
from django.urls import reverse


def page(name: str, *arguments: object) -> str:
    """Return the address of a page, such as `ordering_order_changelist`."""
    return reverse(f"admin:{name}", args=arguments)


def told(response) -> list[str]:
    """Return the messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def refusals(response) -> list[str]:
    """Return what a form that came back complains of, beside its fields."""
    assert response.status_code == 200
    return [str(error) for error in response.context["form"].non_field_errors()]
