"""A proxy before the service's address that spoils its answers, and not a line of the shop."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOW_SECONDS = 2.0
_GIVE_UP_SECONDS = 10
_PASSED_ON = ("content-type", "x-build")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, or what is made of it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_page(self, change: Callable[[dict[str, Any]], None]) -> Reply:
        """Return it with its page changed in place."""
        page = json.loads(self.body)
        change(page)
        return replace(self, body=json.dumps(page).encode())


Ask = Callable[[str], Reply]
Fault = Callable[[Ask, str], Reply]


def healthy(ask: Ask, path: str) -> Reply:
    """Pass everything on."""
    return ask(path)


def slow(ask: Ask, path: str) -> Reply:
    """Answer rightly, two seconds later."""
    time.sleep(SLOW_SECONDS)
    return ask(path)


def sometimes(share: float, fault: Fault) -> Fault:
    """Let a fault befall a share of the questions about a customer's history."""

    def chosen(ask: Ask, path: str) -> Reply:
        is_chosen = is_history(path) and random.random() < share
        return fault(ask, path) if is_chosen else ask(path)

    return chosen


def first(fault: Fault, *, spared: int) -> Fault:
    """Let a fault befall only the first question about a history, but not this customer's."""
    happened = threading.Lock()

    def once(ask: Ask, path: str) -> Reply:
        is_meant = is_history(path) and f"/customers/{spared}/" not in path
        is_first = is_meant and happened.acquire(blocking=False)
        return fault(ask, path) if is_first else ask(path)

    return once


def is_history(path: str) -> bool:
    """Tell whether a request asks for a customer's history; the heart's is nobody's."""
    return path.startswith("/customers/") and "/orders" in path and "/customers/0/" not in path


def error(_ask: Ask, _path: str) -> Reply:
    """Fail as a service does that cannot reach its store."""
    return Reply(503, b'{"type": "/problems/unavailable"}', {"content-type": "application/json"})


def wrong_value(ask: Ask, path: str) -> Reply:
    """Answer with one amount that is a penny too high, at the right version."""

    def add_a_penny(page: dict[str, Any]) -> None:
        page["orders"][0]["total_pence"] += 1

    reply = ask(path)
    return reply.with_page(add_a_penny) if _has_orders(reply) else reply


def page_of(other: int) -> Fault:
    """Answer with another customer's page."""

    def leak(ask: Ask, path: str) -> Reply:
        return ask(_about(other, path))

    return leak


def row_of(other: int) -> Fault:
    """Slip a row of another customer into the page, which says that it is the right one's."""

    def leak(ask: Ask, path: str) -> Reply:
        if _about(other, path) == path:
            return ask(path)
        stranger = json.loads(ask(_about(other, path)).body)["orders"][0]
        reply = ask(path)
        if reply.status != http.HTTPStatus.OK:
            return reply
        return reply.with_page(lambda page: page["orders"].insert(0, stranger))

    return leak


def _has_orders(reply: Reply) -> bool:
    return reply.status == http.HTTPStatus.OK and bool(json.loads(reply.body).get("orders"))


def _about(customer_id: int, path: str) -> str:
    before, _, after = path.partition("/customers/")
    return f"{before}/customers/{customer_id}/{after.partition('/')[2]}"


class FaultProxy:
    """Listens on loopback and passes requests on, as its `fault` lets them."""

    def __init__(self, target: str) -> None:
        self.fault: Fault = healthy
        self.target = target
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Passes one connection's requests on, over a connection of its own."""

    protocol_version = "HTTP/1.1"
    proxy: FaultProxy
    upstream: http.client.HTTPConnection | None = None

    def do_GET(self) -> None:
        try:
            reply = self.proxy.fault(self._ask, self.path)
        except (OSError, http.client.HTTPException):
            self._hang_up()
            reply = Reply(http.HTTPStatus.BAD_GATEWAY, b"{}")
        self._send(reply)

    def finish(self) -> None:
        self._hang_up()
        super().finish()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def _ask(self, path: str) -> Reply:
        is_used = self.upstream is not None
        try:
            return self._ask_once(path)
        except (OSError, http.client.HTTPException):
            self._hang_up()
            if not is_used:
                raise
        return self._ask_once(path)  # whoever keeps a connection finds it closed now and then

    def _ask_once(self, path: str) -> Reply:
        url = urlsplit(self.proxy.target + path)
        if self.upstream is None:
            self.upstream = http.client.HTTPConnection(url.netloc, timeout=_GIVE_UP_SECONDS)
        asked = urlunsplit(("", "", url.path, url.query, ""))
        self.upstream.request("GET", asked, headers=_signed(url.geturl()))
        answer = self.upstream.getresponse()
        kept = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
        return Reply(answer.status, answer.read(), kept)

    def _send(self, reply: Reply) -> None:
        headers = {**reply.headers, "content-length": str(len(reply.body))}
        try:
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
        except OSError:  # whoever asked has gone
            self.close_connection = True

    def _hang_up(self) -> None:
        if self.upstream is not None:
            self.upstream.close()
            self.upstream = None


def _signed(url: str) -> dict[str, str]:
    """Sign for the address behind the proxy, as the shop has signed for the proxy's."""
    request = AWSRequest(method="GET", url=url, headers={"Accept": "application/json"})
    SigV4Auth(Credentials("test", "test"), "execute-api", "eu-west-1").add_auth(request)
    return dict(request.headers)
