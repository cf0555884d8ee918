"""What somebody walks over who means to see everything: guests' orders, and some of all orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.ordering.models import Order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

# Orders among which a sample is chosen, evenly.
_MOST_ORDERS = 100_000


def list_guest_orders(*, after: str = "", limit: int = 500) -> list[str]:
    """List the numbers of guests' orders behind `after`, byte by byte."""
    orders = _of_guests().filter(number__gt=after).order_by("number")
    return list(orders.values_list("number", flat=True)[:limit])


def count_guest_orders() -> int:
    """Count the orders that nobody signed in for."""
    return _of_guests().count()


def known_guest_orders(*, order_numbers: Iterable[str]) -> set[str]:
    """Return which of these numbers belong to guests' orders."""
    found = _of_guests().filter(number__in=order_numbers)
    return set(found.values_list("number", flat=True))


def list_sample_orders(count: int, *, of_guests: bool) -> list[tuple[str, int | None]]:
    """List numbers and customers of so many orders, evenly spread over time."""
    orders = Order.objects.filter(customer__isnull=of_guests).order_by("placed_at", "number")
    found: list[tuple[str, int | None]] = list(
        orders.values_list("number", "customer_id")[:_MOST_ORDERS]
    )
    step = max(len(found) // max(count, 1), 1)
    return found[::step][:count]


def _of_guests() -> QuerySet[Order]:
    return Order.objects.filter(customer__isnull=True)
