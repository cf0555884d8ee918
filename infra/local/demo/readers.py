"""Customers who look at "my orders" again and again, and check every page they are shown."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from infra.local.demo.browser import Browser, NotAPage, SoldOut
from infra.local.demo.histories import Complaint, complaint_about, rows_of, rows_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.local.running import RunningShop

_THINK_SECONDS = 0.3
_READS_PER_ORDER = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody who can sign in. `lot`: when the canary takes them in, of 10,000."""

    id: int
    email: str
    lot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One page that somebody was shown, or was not. `ended_at` is on the clock of the machine."""

    ended_at: float
    milliseconds: float
    read_path: str = ""
    complaint: Complaint | None = None
    error: str = ""

    @property
    def source(self) -> str:
        """Who answered: `service` or `monolith`; nothing if nobody did."""
        return self.read_path.partition("=")[2].partition(";")[0]

    @property
    def reason(self) -> str:
        """Why they answered."""
        return self.read_path.partition("reason=")[2].partition(";")[0]


@dataclass(slots=True)
class Readings:
    """Everything that the customers have seen so far."""

    _all: list[Reading] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    orders_placed: Counter[int] = field(default_factory=Counter)

    def add(self, reading: Reading) -> None:
        """Keep one."""
        with self._lock:
            self._all.append(reading)

    def since(self, instant: float = 0.0) -> list[Reading]:
        """Return those that ended since an instant."""
        with self._lock:
            return [reading for reading in self._all if reading.ended_at >= instant]

    def errors(self) -> list[str]:
        """Return what customers saw that was no page, or a wrong one."""
        return [
            each.error or f"{each.complaint}: {each.read_path}"
            for each in self.since()
            if each.error or each.complaint is Complaint.WRONG
        ]

    def violations(self) -> list[str]:
        """Return the pages that lacked what was committed before they were asked for."""
        return [each.read_path for each in self.since() if each.complaint is Complaint.OLD]


@contextmanager
def reading(shop: RunningShop, customers: Sequence[Customer], password: str) -> Iterator[Readings]:
    """Let these customers read, each in a session of their own, until the block ends.

    Raises:
        NotAPage: one of them could not sign in.
    """
    readings, over = Readings(), threading.Event()
    readers = [_Reader(shop, customer, readings, over) for customer in customers]
    for reader in readers:
        reader.sign_in(password)
    threads = [threading.Thread(target=reader.run, daemon=True) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield readings
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=40)


class _Reader:
    """One customer."""

    def __init__(
        self, shop: RunningShop, customer: Customer, readings: Readings, over: threading.Event
    ) -> None:
        self._customer, self._readings, self._over = customer, readings, over
        self._browser = Browser(shop.addresses["web"])
        self._database = shop.addresses["postgres"]
        self._moods = random.Random(customer.id)  # noqa: S311 - habits are no secret

    def sign_in(self, password: str) -> None:
        self._browser.sign_in(self._customer.email, password)

    def run(self) -> None:
        with (
            closing(self._browser),
            psycopg.connect(self._database, autocommit=True) as connection,
        ):
            while not self._over.is_set():
                if self._moods.randrange(_READS_PER_ORDER) == 0:
                    self._order()
                self._look(connection)
                self._over.wait(self._moods.uniform(0.5, 1.5) * _THINK_SECONDS)

    def _order(self) -> None:
        """Buy something, and look at once whether it is there."""
        try:
            self._browser.place_order("A. Reader", self._moods.choice)
            self._readings.orders_placed[self._customer.id] += 1
        except SoldOut:
            return  # that is the shop's daily life, and no error
        except NotAPage as error:
            self._note(0.0, error=str(error))

    def _look(self, connection: psycopg.Connection) -> None:
        before = rows_of(self._customer.id, connection)
        began = time.perf_counter()
        try:
            page = self._browser.open("/orders/")
        except NotAPage as error:
            self._note(began, error=str(error))
            return
        milliseconds = (time.perf_counter() - began) * 1000
        after = rows_of(self._customer.id, connection)
        complaint = complaint_about(rows_on(page.text), before, after)
        self._readings.add(
            Reading(
                ended_at=time.time(),
                milliseconds=milliseconds,
                read_path=page.read_path,
                complaint=complaint,
            )
        )

    def _note(self, began: float, *, error: str) -> None:
        milliseconds = (time.perf_counter() - began) * 1000 if began else 0.0
        self._readings.add(Reading(ended_at=time.time(), milliseconds=milliseconds, error=error))
