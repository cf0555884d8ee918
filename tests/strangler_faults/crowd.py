"""Customers who read and order all the time, and hold every page against the monolith's truth."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RIGHT, STALE, WRONG, FOREIGN, FAILED = "right", "stale", "wrong", "foreign", "failed"
_ADDRESS = {
    "recipient": "Jo Reader",
    "line1": "1 Quay Street",
    "city": "Bristol",
    "postcode": "BS1 1AA",
    "country": "United Kingdom",
}
EAGER_SECONDS, CALM_SECONDS = 0.02, 0.2
_READS_PER_ORDER = 41  # odd, so that each of a thread's customers has a turn
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page that a customer got: from which process, when, from whom, and what it was worth."""

    process: str
    customer: int
    began: float
    ended: float
    source: str
    reason: str
    verdict: str


@dataclass(slots=True, kw_only=True)
class Customer:
    """A customer; `truths` are what the monolith says after each of their orders, oldest first."""

    id: int
    token: str
    is_in: bool
    truths: list[Any] = field(default_factory=list)
    may_order: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(self, status: int, page: Any) -> str:
        """Tell what a page is worth: nobody changed the history since the latest truth."""
        if status != http.HTTPStatus.OK:
            return FAILED
        if page == self.truths[-1]:
            return RIGHT
        if page in self.truths:
            return STALE
        own = {order["order_number"] for truth in self.truths for order in truth["orders"]}
        seen = {order["order_number"] for order in page["orders"]}
        return WRONG if seen <= own else FOREIGN


class Api:
    """One process of the shop, as one thread talks to it."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address).netloc
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(
        self, path: str, token: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, str]:
        """Return status, content, and who answered."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT_SECONDS)
        sent = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        try:
            self._connection.request(
                "POST" if body else "GET",
                f"/api/v1/{path}",
                body=json.dumps(body) if body else None,
                headers={**sent, **(headers or {})},
            )
            answer = self._connection.getresponse()
            content = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            raise
        return answer.status, content, answer.headers.get("X-Read-Path", "")


class Crowd:
    """All customers, in threads; every page that they get is kept in `pages`."""

    def __init__(
        self,
        customers: Iterable[Customer],
        processes: Mapping[str, str],
        truth: str,
        stock_codes: list[str],
        *,
        threads: int,
    ) -> None:
        self.customers = list(customers)
        self.pages: list[Page] = []
        self.is_ordering = True
        self.pause_seconds = EAGER_SECONDS
        self.problem: BaseException | None = None
        self._processes, self._truth = dict(processes), truth
        self._stock_codes = cycle(stock_codes)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(self.customers[number::threads],))
            for number in range(threads)
        ]

    def start(self) -> None:
        """Let everybody begin to read."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=_TIMEOUT_SECONDS)

    def since(self, instant: float) -> list[Page]:
        """Return the pages that were asked for after an instant."""
        return [page for page in tuple(self.pages) if page.began >= instant]

    def order(self, customer: Customer, api: Api, truth: Api) -> None:
        """Place an order, and learn from the monolith what the customer has to see from now on."""
        wanted = {"lines": [{"stock_code": next(self._stock_codes), "quantity": 1}]}
        status, said, _ = api.call(
            "orders/",
            customer.token,
            {**wanted, "delivery": _ADDRESS},
            {"Idempotency-Key": uuid4().hex},
        )
        assert status == http.HTTPStatus.CREATED, said
        self.learn(customer, truth)

    def learn(self, customer: Customer, truth: Api) -> None:
        """Ask the process that answers everything from the monolith."""
        status, page, read_path = truth.call("orders/", customer.token)
        truth.close()  # it is asked so seldom that the server would hang up first
        assert (status, read_path) == (200, "order_history=monolith; reason=kill-switch"), page
        if page not in customer.truths:
            customer.truths.append(page)

    def _run(self, mine: list[Customer]) -> None:
        truth = Api(self._truth)
        talking = [(name, Api(url)) for name, url in self._processes.items()]
        apis = cycle(talking)
        try:
            for number, customer in enumerate(cycle(mine)):
                if self._stopping.wait(self.pause_seconds):
                    return
                name, api = next(apis)
                if len(mine) % len(self._processes) == 0 and number % len(mine) == 0:
                    name, api = next(apis)  # or everybody would always meet the same process
                with customer.lock:
                    self._read(customer, name, api)
                    if (number + 1) % _READS_PER_ORDER == 0:
                        self._order_if_allowed(customer, api, truth)
        except BaseException as error:  # noqa: BLE001 - told by whoever waits
            self.problem = error
        finally:
            for api in (truth, *(api for _, api in talking)):
                api.close()

    def _order_if_allowed(self, customer: Customer, api: Api, truth: Api) -> None:
        if self.is_ordering and customer.may_order:
            self.order(customer, api, truth)

    def _read(self, customer: Customer, name: str, api: Api) -> None:
        began = time.time()
        status, content, read_path = api.call("orders/", customer.token)
        source, _, reason = read_path.partition("; reason=")
        self.pages.append(
            Page(
                process=name,
                customer=customer.id,
                began=began,
                ended=time.time(),
                source=source.rpartition("=")[2],
                reason=reason,
                verdict=customer.judge(status, content),
            )
        )


def count_verdicts(pages: Iterable[Page]) -> Counter[str]:
    """Count pages by what they were worth."""
    return Counter(page.verdict for page in pages)
