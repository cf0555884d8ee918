"""Concurrent web clients that come when they come, however slow the last page was.

A page's time counts from when its client meant to open it: a server that stalls makes everybody
wait who came meanwhile, and that is what they feel.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SERVICE = "service"
_OK = 200
_MOST_LATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An address that somebody opens, and the cookie that says who they are."""

    address: str
    cookie: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Those who read one path: so many clients, so many pages a second between them."""

    path: str
    pages_per_second: float
    visits: Sequence[Visit]
    clients: int


@dataclass(frozen=True, slots=True)
class Look:
    """One page: when it was meant to be opened, how long that took, and who answered its reads.

    Its request's id is what the shop's own records know it by.
    """

    meant_at: float
    milliseconds: float
    sources: Sequence[str]
    request_id: str

    @property
    def is_by_service(self) -> bool:
        """Whether its service answered all of the path's reads."""
        return bool(self.sources) and all(source == SERVICE for source in self.sources)


@dataclass(slots=True)
class Looks:
    """What all clients saw, by path."""

    by_path: dict[str, list[Look]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def since(self, path: str, instant: float) -> list[Look]:
        """Return the looks that were meant to happen after an instant."""
        return [look for look in self.by_path[path] if look.meant_at >= instant]


@contextmanager
def visiting(web: str, crowds: Sequence[Crowd]) -> Iterator[Looks]:
    """Let the crowds come while the block lasts."""
    looks, over = Looks({crowd.path: [] for crowd in crowds}), threading.Event()
    clients = [
        threading.Thread(target=_Client(web, crowd, number, looks, over).run, daemon=True)
        for crowd in crowds
        for number in range(crowd.clients)
    ]
    for client in clients:
        client.start()
    try:
        yield looks
    finally:
        over.set()
        for client in clients:
            client.join(timeout=2 * _MOST_LATE_SECONDS)


def are_served(web: str, crowd: Crowd) -> bool:
    """Open a page by every client at once; tell whether the path's service answered all of them."""
    looks, over = Looks({crowd.path: []}), threading.Event()
    clients = [_Client(web, crowd, number, looks, over) for number in range(crowd.clients)]
    with ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(_Client.open_one, clients))
    return not looks.errors and all(look.is_by_service for look in looks.by_path[crowd.path])


def alone(web: str, crowd: Crowd, pages: int) -> list[float]:
    """Open pages one after the other, by one client; return what each took, in milliseconds.

    Raises:
        RuntimeError: a page failed.
    """
    looks = Looks({crowd.path: []})
    client = _Client(web, crowd, 0, looks, threading.Event())
    for _ in range(pages):
        client.open_one()
    if looks.errors:
        raise RuntimeError("; ".join(looks.errors))
    return [look.milliseconds for look in looks.by_path[crowd.path]]


class _Client:
    def __init__(
        self, web: str, crowd: Crowd, number: int, looks: Looks, over: threading.Event
    ) -> None:
        self._netloc = urlsplit(web).netloc
        self._crowd, self._looks, self._over = crowd, looks, over
        self._chance = random.Random(f"{crowd.path}/{number}")
        self._rate = crowd.pages_per_second / crowd.clients

    def run(self) -> None:
        meant_at = time.time() + self._chance.expovariate(self._rate)
        while not self._over.wait(max(0.0, meant_at - time.time())):
            self._open(self._chance.choice(self._crowd.visits), meant_at)
            meant_at += self._chance.expovariate(self._rate)

    def open_one(self) -> None:
        """Open a page now."""
        self._open(self._chance.choice(self._crowd.visits), time.time())

    def _open(self, visit: Visit, meant_at: float) -> None:
        connection = http.client.HTTPConnection(self._netloc, timeout=_MOST_LATE_SECONDS)
        try:
            connection.request("GET", visit.address, headers=_headers(visit))
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            self._looks.errors.append(f"{visit.address}: {error}")
            return
        finally:
            connection.close()
        if answer.status != _OK:
            self._looks.errors.append(f"{visit.address}: {answer.status}")
            return
        took = 1000 * (time.time() - meant_at)
        sources = sources_of(self._crowd.path, answer.headers.get_all("X-Read-Path") or ())
        look = Look(meant_at, took, sources, answer.headers["X-Request-Id"])
        self._looks.by_path[self._crowd.path].append(look)


def _headers(visit: Visit) -> Mapping[str, str]:
    return {"Cookie": visit.cookie} if visit.cookie else {}


def sources_of(path: str, said: Sequence[str]) -> list[str]:
    """Read who answered the reads of a path out of `X-Read-Path`, which may name several paths.

    Where it was not the service, the reason is told as well: `monolith, timeout`.
    """
    answers = (each.split("; ") for each in ", ".join(said).split(", "))
    return [
        SERVICE if answer.endswith(f"={SERVICE}") else _with_reason(answer, more)
        for answer, *more in answers
        if answer.startswith(f"{path}=")
    ]


def _with_reason(answer: str, more: Sequence[str]) -> str:
    source = answer.partition("=")[2]
    reasons = (each.partition("=")[2] for each in more if each.startswith("reason="))
    return ", ".join([source, *reasons])
