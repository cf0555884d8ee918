"""Things of the shop for tests, made through the operations that the shop itself uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from event_contracts.codec import decode
from monolith.catalogue import operations as catalogue
from monolith.catalogue.queries import get_product
from monolith.customers import operations as customers
from monolith.customers.legacy import load_countries
from monolith.ordering import operations as ordering
from monolith.outbox.models import OutboxMessage

if TYPE_CHECKING:
    from event_contracts.envelope import Envelope
    from monolith.catalogue.models import Product
    from monolith.customers.models import Customer
    from monolith.ordering.models import Order

OPENED = datetime(2025, 3, 1, 9, tzinfo=UTC)
NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
HOME = "United Kingdom"

_serial = count(1)


def later(**lengths: float) -> datetime:
    return NOON + timedelta(**lengths)


def a_key() -> str:
    return f"key-{next(_serial)}"


def a_country(name: str = HOME) -> str:
    # The ones that the migration adds do not survive a test that commits.
    load_countries([name])
    return name


def a_product(
    stock_code: str = "", *, price_pence: int = 255, quantity: int = 100, description: str = ""
) -> Product:
    return catalogue.list_product(
        stock_code=stock_code or f"T{next(_serial)}",
        description=description or "WHITE HANGING HEART",
        price_pence=price_pence,
        quantity=quantity,
        listed_at=OPENED,
    )


def a_customer(
    name: str = "Alice", *, email: str = "", password: str = "hearts-and-jars"
) -> Customer:
    return customers.register_customer(
        email=email or f"{name.lower()}{next(_serial)}@example.com",
        password=password,
        name=name,
        country=a_country(),
        registered_at=OPENED,
    )


def delivery(country: str = HOME, *, recipient: str = "Alice") -> ordering.DeliveryDetails:
    return ordering.DeliveryDetails(
        recipient=recipient,
        line1="1 Quay Street",
        city="Bristol",
        postcode="BS1 1AA",
        country=a_country(country),
    )


def lines(*wanted: tuple[str, int]) -> list[ordering.LineRequest]:
    return [ordering.LineRequest(stock_code=code, quantity=quantity) for code, quantity in wanted]


def an_order(
    *wanted: tuple[str, int],
    customer: Customer | None = None,
    placed_at: datetime = NOON,
    key: str = "",
) -> Order:
    """Place an order: a guest's without a customer, for one new product without lines."""
    return ordering.place_order(
        lines=lines(*(wanted or [(a_product().stock_code, 1)])),
        customer_id=customer.pk if customer else None,
        delivery=delivery(),
        placed_at=placed_at,
        idempotency_key=key or a_key(),
        guest_email="" if customer else "guest@example.com",
    )


def a_dispatched_order(*wanted: tuple[str, int], customer: Customer | None = None) -> Order:
    order = an_order(*wanted, customer=customer)
    return ordering.dispatch_order(order_number=order.number, dispatched_at=later(hours=4))


def stock_of(stock_code: str) -> int:
    return get_product(stock_code=stock_code).stock.quantity


def recorded() -> list[Envelope]:
    """Return everything in the outbox, oldest first."""
    payloads = OutboxMessage.objects.order_by("id").values_list("payload", flat=True)
    return [decode(payload) for payload in payloads]


def recorded_types() -> list[str]:
    return [envelope.event_type for envelope in recorded()]
