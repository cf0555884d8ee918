"""The call-back: what an announcement left out, asked of the shop's API (the thin style)."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from event_contracts.order_confirmation import OrderToConfirm
from event_contracts.plain_values import MalformedValue, from_plain

TIMEOUT_SECONDS = 2
LARGEST_ANSWER_BYTES = 1_048_576
_GONE = "/problems/order-not-found"
_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class CallBackFailed(Exception):
    """The shop could not be asked, or did not answer the question. Later it may."""


class CallBackRefused(Exception):
    """The shop does not know the token of this service: somebody has to look."""


class OrderGone(Exception):
    """The shop says that there is no such order (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was asked for, and what asking cost."""

    order: OrderToConfirm
    response_bytes: int
    milliseconds: float


class Shop:
    """The shop's API, as this service may ask it.

    After a failure nothing more is tried: make one per batch, and the rest of it is not kept
    waiting for a shop that does not answer.
    """

    def __init__(self, origin: str, token: str) -> None:
        """Ask at an origin, `https://shop.example`, with a token out of its SERVICE_TOKENS."""
        self._origin = urlsplit(origin)
        self._token = token
        self._failure = ""

    def ask(self, link: str) -> Answer:
        """Ask for an order at an announcement's link, a path.

        Raises:
            CallBackFailed: no answer, a late one, or one that cannot be read.
            CallBackRefused: the token is not believed.
            OrderGone: there is no such order.
        """
        if self._failure:
            raise CallBackFailed(f"not asked after: {self._failure}")
        began = time.perf_counter()
        try:
            status, body = self._get(_path(link))
            order = _read(status, body)
        except (OSError, HTTPException, MalformedValue, ValueError) as error:
            self._failure = type(error).__name__
            raise CallBackFailed(f"{self._failure}: {error}") from error
        except CallBackFailed as error:
            self._failure = str(error)
            raise
        spent = (time.perf_counter() - began) * 1000
        return Answer(order=order, response_bytes=len(body), milliseconds=spent)

    def _get(self, path: str) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._origin.scheme == "https" else HTTPConnection
        connection = kind(self._origin.hostname or "", self._origin.port, timeout=TIMEOUT_SECONDS)
        with closing(connection):
            headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, _body(response)


def _path(link: str) -> str:
    # The token goes to our own shop, whatever somebody might get into an event.
    if not link.startswith("/") or link.startswith("//") or not link.isprintable():
        raise ValueError("the link is no path")
    return link


def _body(response: HTTPResponse) -> bytes:
    body = response.read(LARGEST_ANSWER_BYTES + 1)
    if len(body) > LARGEST_ANSWER_BYTES:
        raise ValueError("the answer is too long")
    return body


def _says_gone(problem: object) -> bool:
    return isinstance(problem, dict) and problem.get("type") == _GONE


def _read(status: int, body: bytes) -> OrderToConfirm:
    if status in _REFUSALS:
        raise CallBackRefused(f"status {status}")
    # Any server says 404 of what it never heard of; only the shop says that an order is gone.
    if status == HTTPStatus.NOT_FOUND and _says_gone(json.loads(body)):
        raise OrderGone
    if status != HTTPStatus.OK:
        raise CallBackFailed(f"status {status}")
    order: OrderToConfirm = from_plain(OrderToConfirm, json.loads(body), where="order")
    return order
