"""A customer's browser: one session over HTTP, with its cookies and its forms."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import urllib3

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')
_OFFER = re.compile(r'href="/products/([^"/]+)/"')
_REDIRECTS = 5
_OK, _FOUND, _SOLD_OUT = 200, 302, 409
_TIMEOUT_SECONDS = 30.0
_ADDRESS = {
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 1AA",
    "country": "United Kingdom",
}


class NotAPage(Exception):
    """The shop answered with something that is no page: whoever asked sees an error."""


class SoldOut(Exception):
    """Others were faster: what was in the basket is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the shop answered. `read_path`: who answered a moving read, and why."""

    text: str
    status: int
    read_path: str


@dataclass(slots=True)
class Browser:
    """Signs in, looks at pages and places orders, as a person would.

    `visitor` is the cookie of somebody who was here before.
    """

    address: str
    visitor: str = ""
    _cookies: dict[str, str] = field(default_factory=dict)
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=1))

    def __post_init__(self) -> None:
        if self.visitor:
            self._cookies["visitor"] = self.visitor

    def close(self) -> None:
        """Give the connection back."""
        self._pool.clear()

    def sign_in(self, email: str, password: str) -> None:
        """Sign in.

        Raises:
            NotAPage: the shop refused.
        """
        fields = {"username": email, "password": password}
        self._send_form("/account/sign-in/", fields)
        if "sessionid" not in self._cookies:
            raise NotAPage(f"{email} could not sign in")

    def open(self, path: str) -> Page:
        """Return a page.

        Raises:
            NotAPage: the shop answered with an error, or not at all.
        """
        return self._request("GET", path, None)

    def place_order(self, recipient: str, choose: Callable[[Sequence[str]], str]) -> None:
        """Put one of the things that are there into the basket, and buy it.

        Raises:
            NotAPage: some page on the way was an error.
            SoldOut: it was there no longer; the basket is empty again.
        """
        offers = _OFFER.findall(self.open("/?available=on").text)
        if not offers:
            raise SoldOut("nothing is on offer")
        code = choose(offers)
        self._send_form(
            f"/products/{code}/",
            {"stock_code": code, "quantity": "1"},
            to="/orders/basket/add/",
        )
        bought = self._send_form("/orders/check-out/", {"recipient": recipient, **_ADDRESS})
        if bought.status == _SOLD_OUT:
            self._send_form("/orders/basket/", {"quantity": "0"}, to=f"/orders/basket/{code}/")
            raise SoldOut(code)

    def _send_form(self, path: str, fields: dict[str, str], *, to: str | None = None) -> Page:
        form = self.open(path).text
        sent = {**_hidden(form), **fields}
        return self._request("POST", to or path, urlencode(sent))

    def _request(self, method: str, path: str, body: str | None) -> Page:
        for _ in range(_REDIRECTS):
            answer = self._send(method, path, body)
            self._keep_cookies(answer)
            if answer.status != _FOUND:
                break
            method, path, body = "GET", answer.headers["Location"], None
        if answer.status not in {_OK, _SOLD_OUT}:
            raise NotAPage(f"{method} {path}: {answer.status}")
        return Page(
            text=answer.data.decode(),
            status=answer.status,
            read_path=answer.headers.get("X-Read-Path", ""),
        )

    def _send(self, method: str, path: str, body: str | None) -> urllib3.BaseHTTPResponse:
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Referer": self.address,
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            return self._pool.request(
                method,
                f"{self.address}{path}",
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except urllib3.exceptions.HTTPError as error:
            raise NotAPage(f"{method} {path}: {error}") from error

    def _keep_cookies(self, answer: urllib3.BaseHTTPResponse) -> None:
        for line in answer.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self._cookies[name] = morsel.value


def _hidden(form: str) -> dict[str, str]:
    found = {"csrfmiddlewaretoken": _TOKEN.search(form), "idempotency_key": _KEY.search(form)}
    return {name: html.unescape(match[1]) for name, match in found.items() if match}
