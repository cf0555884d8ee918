"""What comparing every read costs the customers: their order history through a real server."""

from __future__ import annotations

import http.client
import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from benchmarks.figures import Figure, at_most, told
from benchmarks.outbox.rounds import percentile
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from benchmarks.strangler.scene import Scene

PAIRS = 12
CLIENTS = 2
PAGES_A_CLIENT = 120
PAUSE_SECONDS = 0.04  # in the mean: bounded load, as customers would make it, not as much as goes
WARM_UP_PAGES = 100
MOST_MILLISECONDS = 2.0
_PLAIN, _SHADOWED = "monolith", "shadow-100"


def measure(scene: Scene) -> list[Figure]:
    """Let customers read in rounds, every other one with all reads compared."""
    reader = _Reader(scene)
    reader.read(_SHADOWED, WARM_UP_PAGES)
    times: dict[str, list[list[float]]] = {_PLAIN: [], _SHADOWED: []}
    for number in range(PAIRS):
        order = (_PLAIN, _SHADOWED) if number % 2 else (_SHADOWED, _PLAIN)
        for rung in order:
            times[rung].append(reader.read(rung, PAGES_A_CLIENT))
    plain, shadowed = _pooled(times[_PLAIN]), _pooled(times[_SHADOWED])
    noise = _p99(_pooled(times[_PLAIN][::2])) - _p99(_pooled(times[_PLAIN][1::2]))
    return [
        at_most(
            "100 % compared: a page's p99 more", _p99(shadowed) - _p99(plain), "ms",
            bar=MOST_MILLISECONDS,
            reference=f"not compared: p99 {_p99(plain):.1f} ms; "
            f"every other round of it differs by {abs(noise):.1f} ms",
        ),
        told(
            "100 % compared: a page's p50 more",
            percentile(shadowed, 0.5) - percentile(plain, 0.5), "ms",
            reference=f"not compared: p50 {percentile(plain, 0.5):.1f} ms",
        ),
        told("pages each", len(plain), "pages"),
        told("comparisons run of those drawn", reader.compared_share(), "%"),
    ]  # fmt: skip


def _p99(values: list[float]) -> float:
    return percentile(values, 0.99)


def _pooled(rounds: list[list[float]]) -> list[float]:
    return [value for each in rounds for value in each]


class _Reader:
    """Signed-in customers who look at "my orders"."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._address = urlsplit(scene.shop.addresses["web"]).netloc
        self._headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session(scene)}"}

    def read(self, rung: str, pages: int) -> list[float]:
        """Read so many pages for each client on a rung; return each one's milliseconds."""
        self._scene.stand(rung)
        self._wait_until_in_force(rung)
        with ThreadPoolExecutor(CLIENTS) as clients:
            looks = clients.map(partial(self._look, pages), range(CLIENTS))
            return [took for look in looks for took in look]

    def compared_share(self) -> float:
        """Return how many percent of the comparisons drawn were run."""
        from django.db.models import Sum

        from monolith.strangler.models import Tally

        def total(series: str) -> int:
            return int(Tally.objects.filter(series=series).aggregate(n=Sum("count"))["n"] or 0)

        compared, dropped = total("compare"), total("dropped")
        return 100 * compared / max(compared + dropped, 1)

    def _wait_until_in_force(self, rung: str) -> None:
        from django.utils import timezone

        from monolith.strangler import effects
        from monolith.strangler.models import Transition

        newest = Transition.objects.latest("pk").pk

        def is_everywhere() -> bool:
            return all(
                worker.control_version >= newest for worker in effects.live_workers(timezone.now())
            )

        wait_until(is_everywhere, f"{rung} everywhere")

    def _look(self, pages: int, number: int) -> list[float]:
        times = []
        arrivals = random.Random(number)
        connection = http.client.HTTPConnection(self._address, timeout=30)
        for _ in range(pages):
            time.sleep(arrivals.uniform(0, 2 * PAUSE_SECONDS))  # arrivals, not a hope
            began = time.perf_counter()
            connection.request("GET", "/orders/", headers=self._headers)
            answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - began) * 1000)
            said = answer.headers["X-Read-Path"]
            assert said == "order_history=monolith; reason=stage", said  # noqa: S101
        connection.close()
        return times


def _session(scene: Scene) -> str:
    """Sign the busiest customer in."""
    from monolith.customers.queries import get_customer

    user = get_customer(customer_id=scene.customer_id).user
    assert user is not None  # noqa: S101 - the local logins belong to the busiest
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
