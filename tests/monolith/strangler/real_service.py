"""An extracted service itself behind the tests' HTTP server, its table in memory."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from event_contracts.codec import decode
from extracted_services.lambda_support.responding import Request
from extracted_services.order_history.view import OrderRow, read_row, row_write
from monolith.outbox.models import OutboxMessage
from tests.extracted_services.read_models.in_memory_table import InMemoryTable


class RealService:
    """Answers what is asked over HTTP, and projects what stands in the outbox when told to.

    `handlers` are the service's, `store(table)` is its store.
    """

    def __init__(self, service, *, handlers, store):
        self.table = InMemoryTable()
        self.store = store(self.table)
        self.asked = []
        self._handlers = handlers
        self._projected = 0
        service.respond = self.respond

    def project(self):
        """Take in everything that was recorded since the last time."""
        rows = OutboxMessage.objects.filter(pk__gt=self._projected).order_by("pk")
        for pk, payload in rows.values_list("pk", "payload"):
            self._handlers.project(decode(payload), kept_in=self.store)
            self._projected = pk

    def spoil(self, customer_id, **changes):
        """Change the newest order of a history behind the projector's back."""
        rows = self.table.copies[str(customer_id)]
        newest = max(rows)
        order = replace(read_row(rows[newest]).order, **changes)
        spoilt = row_write(OrderRow(order=order, version=int(rows[newest]["version"]["N"])))
        rows[newest] |= spoilt.values

    def forget(self, customer_id):
        """Lose a customer."""
        del self.table.heads[str(customer_id)], self.table.copies[str(customer_id)]

    def respond(self, handler):
        parts = urlsplit(handler.path)
        words = parts.path.removeprefix("/prod/").split("/")
        route, path = _route(words)
        self.asked.append(route)
        request = Request(route=route, path=path, parameters=dict(parse_qsl(parts.query)))
        response = self._handlers.answer(request, kept_in=self.store)
        handler.send_response(response["statusCode"])
        handler.send_header("Content-Length", str(len(response["body"].encode())))
        handler.send_header("X-Build", "a-build")
        handler.end_headers()
        handler.wfile.write(response["body"].encode())


def _route(words):
    match words:
        case ["customers", customer_id, what]:
            return f"GET /customers/{{id}}/{what}", {"id": customer_id}
        case ["insights", questions]:
            return "GET /insights/{questions}", {"questions": questions}
    return f"GET /{'/'.join(words)}", {}
