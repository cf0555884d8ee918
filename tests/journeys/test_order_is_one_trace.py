"""An order, its publication and its processing in the service are one trace: the caller's."""

from __future__ import annotations

import json
import secrets
import urllib.request
from uuid import uuid4

import pytest

from infra.local.waiting import wait_until
from monolith.config.local_traces import find_spans

pytestmark = [pytest.mark.platform, pytest.mark.journey]
PASSWORD = "a-long-journey"
ADDRESS = {
    "recipient": "Jo Journey",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 1AA",
    "country": "United Kingdom",
}


class Customer:
    """A new customer of a shop, who uses its API."""

    def __init__(self, shop) -> None:
        self._api = f"{shop.addresses['web']}/api/v1"
        self._token = None
        email = f"{uuid4().hex}@example.com"
        self.call(
            "customers/",
            {"email": email, "password": PASSWORD, "name": "Jo", "country": "United Kingdom"},
        )
        signed_in, _ = self.call("tokens/", {"username": email, "password": PASSWORD})
        self._token = signed_in["token"]

    def call(self, path, body=None, **headers):
        """Return the answer, and who gave it."""
        if self._token:
            headers["Authorization"] = f"Token {self._token}"
        request = urllib.request.Request(
            f"{self._api}/{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json", **headers},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer), answer.headers.get("X-Read-Path", "")

    def place_order(self, traceparent):
        products, _ = self.call("products/?available_only=true")
        wanted = max(products["products"], key=lambda product: product["quantity"])
        order, _ = self.call(
            "orders/",
            {
                "lines": [{"stock_code": wanted["stock_code"], "quantity": 1}],
                "delivery": ADDRESS,
            },
            traceparent=traceparent,
            **{"Idempotency-Key": uuid4().hex},
        )
        return order["order_number"]

    def sees_in_the_service(self, order_number):
        listed, read_path = self.call("orders/")
        is_listed = order_number in [order["order_number"] for order in listed["orders"]]
        return is_listed and read_path.startswith("order_history=service")


def test_order_is_one_trace_from_the_caller_to_the_service(shop):
    trace_id, callers_span = secrets.token_hex(16), secrets.token_hex(8)
    customer = Customer(shop)

    order_number = customer.place_order(f"00-{trace_id}-{callers_span}-01")

    wait_until(
        lambda: customer.sees_in_the_service(order_number),
        "the order in the service",
        seconds=60,
        every=0.2,
    )
    wait_until(lambda: _chain(shop, trace_id) is not None, "a whole trace", seconds=30, every=0.2)
    chain = _chain(shop, trace_id)
    assert chain is not None
    request, publication, processing = chain
    assert request.parent_span_id == callers_span
    assert publication.parent_span_id == request.span_id
    assert processing.parent_span_id == publication.span_id
    assert (request.service, publication.service, processing.service) == (
        "web",
        "worker",
        "order_history",
    )
    assert processing.attributes["outbox.outcome"] == "applied"
    event_id = publication.attributes["messaging.message.id"]
    assert processing.attributes["messaging.message.id"] == event_id
    assert _drawn_names(shop.manage("trace", event_id).stdout, trace_id) == [
        "POST /api/v1/orders/",
        "publish customer",
        "process order-history-events.fifo",
    ]


def _chain(shop, trace_id):
    """Return the spans of request, publication and processing, once all of them are there."""
    spans = find_spans(shop.state_dir / "logs", trace_id)
    assert {span.trace_id for span in spans} <= {trace_id}
    found = [
        [span for span in spans if span.name.startswith(name)]
        for name in ("POST ", "publish customer", "process order-history")
    ]
    return [steps[0] for steps in found] if all(found) else None


def _drawn_names(text, trace_id):
    first, *lines = text.splitlines()
    assert first == f"trace {trace_id}"
    names = ("POST /api/v1/orders/", "publish customer", "process order-history-events.fifo")
    return [name for line in lines for name in names if name in line]
