"""People who read one path again and again, and check every page they are shown."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from infra.local.demo.browser import Browser, NotAPage, SoldOut
from infra.local.demo.histories import Complaint
from infra.local.demo.truths import NOTHING, TRUTHS, committed
from infra.local.visits import PAGES, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from infra.local.demo.truths import Committed
    from infra.local.running import RunningShop

_READS_PER_ORDER = 30
_ORDERS_LOOKED_AT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who reads a path. `lot`: when its canary takes them in, of 10,000.

    A customer has a number and an `email`; a stranger a `visitor` cookie, by which they are known.
    """

    lot: int
    customer_id: int | None
    email: str
    visitor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Who can sign in to a local shop, and by which password; who reads which path."""

    staff: str
    customer: str
    password: str
    readers: Mapping[str, Sequence[Reader]]

    @classmethod
    def read(cls, shop: RunningShop) -> Logins:
        """Read what the shop has written down of them."""
        written = json.loads((shop.state_dir / "logins.json").read_text())
        readers = {
            path: [Reader(**each) for each in found] for path, found in written["readers"].items()
        }
        return cls(**{**written, "readers": readers})


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
    """Everything that the readers of one path have seen so far."""

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
        """Return what readers saw that was no page, or a wrong one."""
        return [
            each.error or f"{each.complaint}: {each.read_path}"
            for each in self.since()
            if each.error or each.complaint is Complaint.WRONG
        ]

    def violations(self) -> list[str]:
        """Return the pages that lacked what was committed before they were asked for."""
        return [each.read_path for each in self.since() if each.complaint is Complaint.OLD]


@contextmanager
def reading(
    shop: RunningShop, path: str, logins: Logins, *, think_seconds: float = 0.3
) -> Iterator[Readings]:
    """Let everybody who reads a path do so, each in a session of their own, until the block ends.

    From one page to the next they think for so many seconds, give or take half of them.

    Raises:
        NotAPage: one of them could not sign in.
    """
    readings, over = Readings(), threading.Event()
    pause = _Pause(over, think_seconds)
    readers = [_Session(shop, path, reader, readings, pause) for reader in logins.readers[path]]
    for reader in readers:
        reader.sign_in(logins)
    threads = [threading.Thread(target=reader.run, daemon=True) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        yield readings
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=40)


@dataclass(frozen=True, slots=True)
class _Pause:
    """Thinking between two pages, until it is all over."""

    over: threading.Event
    seconds: float

    def think(self, moods: random.Random) -> bool:
        """Think for a while; tell whether to go on."""
        return not self.over.wait(moods.uniform(0.5, 1.5) * self.seconds)


class _Session:
    """One reader of one path. A customer buys something now and then."""

    def __init__(
        self, shop: RunningShop, path: str, reader: Reader, readings: Readings, pause: _Pause
    ) -> None:
        self._pages, self._truth = PAGES[path], TRUTHS.get(path)
        self._reader, self._readings, self._pause = reader, readings, pause
        self._browser = Browser(shop.addresses["web"], visitor=reader.visitor)
        self._database = shop.addresses["postgres"]
        self._moods = random.Random(reader.lot)  # noqa: S311 - habits are no secret

    def sign_in(self, logins: Logins) -> None:
        if self._pages.visitor is Visitor.CUSTOMER:
            self._browser.sign_in(self._reader.email, logins.password)
        elif self._pages.visitor is Visitor.STAFF:
            self._browser.sign_in(logins.staff, logins.password)

    def run(self) -> None:
        with (
            closing(self._browser),
            psycopg.connect(self._database, autocommit=True) as connection,
        ):
            while self._pause.think(self._moods):
                if self._reader.customer_id and self._moods.randrange(_READS_PER_ORDER) == 0:
                    self._order(self._reader.customer_id)
                self._look(connection)

    def _order(self, customer_id: int) -> None:
        """Buy something, and look at once whether it is there."""
        try:
            self._browser.place_order("A. Reader", self._moods.choice)
            self._readings.orders_placed[customer_id] += 1
        except SoldOut:
            return  # that is the shop's daily life, and no error
        except NotAPage as error:
            self._note(0.0, error=str(error))

    def _look(self, connection: psycopg.Connection) -> None:
        before = self._committed(connection)
        numbers = [row.number for row in before.rows[:_ORDERS_LOOKED_AT]]
        address = self._moods.choice(self._pages.addresses(numbers))
        began = time.perf_counter()
        try:
            page = self._browser.open(address)
        except NotAPage as error:
            self._note(began, error=str(error))
            return
        milliseconds = (time.perf_counter() - began) * 1000
        complaint = None
        if self._truth is not None:
            complaint = self._truth(page.text, before, self._committed(connection))
        self._readings.add(
            Reading(
                ended_at=time.time(),
                milliseconds=milliseconds,
                read_path=page.read_path,
                complaint=complaint,
            )
        )

    def _committed(self, connection: psycopg.Connection) -> Committed:
        if self._reader.customer_id is None:
            return NOTHING
        return committed(self._reader.customer_id, connection)

    def _note(self, began: float, *, error: str) -> None:
        milliseconds = (time.perf_counter() - began) * 1000 if began else 0.0
        self._readings.add(Reading(ended_at=time.time(), milliseconds=milliseconds, error=error))
