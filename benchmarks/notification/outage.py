"""What becomes of letters while nobody answers at the shop: its web process is stopped."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from benchmarks.figures import at_least, at_most, told
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.figures import Figure
    from benchmarks.notification.scene import Placed, Scene

ORDERS = 5
FAILED = "call_back_failed"
# Locally messages come back after 1, 2, 4, 8 and 16 s, not after three minutes as on AWS.
MOST_SECONDS = 90


def measure(scene: Scene) -> list[Figure]:
    """Stop the web process three times: for the fat style, for the thin one, and for too long."""
    return [_fat(scene), *_thin_for_a_while(scene), *_thin_for_too_long(scene)]


def _fat(scene: Scene) -> Figure:
    scene.choose("fat")
    with _stopped(scene):
        orders = _place(scene)
        scene.wait_for(orders)
    return at_least("fat: letters while the shop is stopped", _sent(scene, orders), "", bar=ORDERS,
                    reference=f"of {ORDERS} orders")  # fmt: skip


def _thin_for_a_while(scene: Scene) -> list[Figure]:
    scene.choose("thin")
    before = _failures(scene)
    with _stopped(scene):
        orders = _place(scene)
        wait_until(
            lambda: _failures(scene) - before >= ORDERS, "every letter to have failed", every=0.1
        )
        during = _sent(scene, orders)
    came_back_at = time.time()
    scene.wait_for(orders)
    last = max(scene.arrivals()[order.number] for order in orders)
    return [
        at_most("thin: letters while the shop is stopped", during, "", bar=0,
                reference=f"of {ORDERS} orders; they go back to the queue"),
        at_least("thin: letters once it is back", _sent(scene, orders), "", bar=ORDERS,
                 reference=f"of {ORDERS} orders"),
        told("thin: until the last of them", max(0.0, last - came_back_at), "s",
             reference="on AWS up to three minutes: the queue's time-out"),
    ]  # fmt: skip


def _thin_for_too_long(scene: Scene) -> list[Figure]:
    dead_before = scene.dead_letters()
    with _stopped(scene):
        orders = _place(scene)
        wait_until(
            lambda: scene.dead_letters() - dead_before >= ORDERS,
            "every letter among the dead ones",
            seconds=MOST_SECONDS,
            every=0.2,
        )
        dead = scene.dead_letters() - dead_before
    return [
        at_least("thin: dead letters after five receives", dead, "", bar=ORDERS,
                 reference=f"of {ORDERS} orders, {_sent(scene, orders)} letters"),
    ]  # fmt: skip


@contextmanager
def _stopped(scene: Scene) -> Iterator[None]:
    scene.shop.control("stop", "web")
    try:
        yield
    finally:
        scene.shop.control("start", "web")


def _place(scene: Scene) -> list[Placed]:
    return [scene.place() for _ in range(ORDERS)]


def _sent(scene: Scene, orders: list[Placed]) -> int:
    return len({order.number for order in orders} & scene.arrivals().keys())


def _failures(scene: Scene) -> int:
    return sum(line.get("outcome") == FAILED for line in scene.lines("thin"))
