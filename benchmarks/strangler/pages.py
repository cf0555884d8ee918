"""What comparing every read costs the customers: their order history through a real server."""

from __future__ import annotations

import http.client
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client

from benchmarks.figures import Figure, at_most, told
from benchmarks.outbox.rounds import Median, median_of, percentile
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from benchmarks.strangler.scene import Scene

PAIRS = 20
CLIENTS = 2
PAGES_A_CLIENT = 60
PAUSE_SECONDS = 0.02  # in the mean: bounded load, as customers would make it, not as much as goes
WARM_UP_PAGES = 100
MOST_MILLISECONDS = 2.0
_PLAIN, _SHADOWED = "monolith", "shadow-100"
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def measure(scene: Scene) -> list[Figure]:
    """Let customers read in short blocks, every other one with all reads compared.

    Each block is compared with the one beside it: whatever else the machine does changes slower.
    """
    reader = _Reader(scene)
    reader.read(_SHADOWED, WARM_UP_PAGES)
    pairs = [_pair(reader, number) for number in range(PAIRS)]
    differences = {name: _difference(pairs, share) for name, share in _SHARES.items()}
    return [
        *(
            told(f"100 % compared: a page's {name} more", found.median.middle, "ms",
                 reference=found.told())
            for name, found in differences.items()
        ),
        at_most("100 % compared: a page's p99 more, at most", differences["p99"].median.high, "ms",
                bar=MOST_MILLISECONDS, reference="the upper end of its interval"),
        told("comparisons run of those drawn", reader.compared_share(), "%"),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Difference:
    median: Median
    plain: float

    def told(self) -> str:
        low, _, high = self.median
        return (
            f"95 %: {low:+.2f} to {high:+.2f} ms ({PAIRS} pairs of {CLIENTS * PAGES_A_CLIENT} "
            f"pages); not compared: {self.plain:.1f} ms"
        )


def _pair(reader: _Reader, number: int) -> dict[str, list[float]]:
    """Read a block each way; pairs meet at the same rung, for every move costs a second."""
    order = (_PLAIN, _SHADOWED) if number % 2 else (_SHADOWED, _PLAIN)
    return {rung: reader.read(rung, PAGES_A_CLIENT) for rung in order}


def _difference(pairs: list[dict[str, list[float]]], share: float) -> _Difference:
    plain = [percentile(pair[_PLAIN], share) for pair in pairs]
    shadowed = [percentile(pair[_SHADOWED], share) for pair in pairs]
    more = [after - before for before, after in zip(plain, shadowed, strict=True)]
    return _Difference(median_of(more), statistics.median(plain))


class _Reader:
    """Signed-in customers who look at "my orders"."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._address = urlsplit(scene.shop.addresses["web"]).netloc
        self._headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={_session(scene)}"}
        self._rung = ""

    def read(self, rung: str, pages: int) -> list[float]:
        """Read so many pages for each client on a rung; return each one's milliseconds."""
        if rung != self._rung:
            self._scene.stand(rung)
            self._wait_until_in_force(rung)
            self._rung = rung
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

        from monolith.strangler.models import Transition
        from monolith.strangler.state import effects

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
