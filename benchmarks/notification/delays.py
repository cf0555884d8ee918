"""From an order's commit until the mail server has the letter, the styles in turns."""

from __future__ import annotations

import random
import statistics
import time
from typing import TYPE_CHECKING

from benchmarks.figures import at_most, told
from benchmarks.notification.scene import STYLES

if TYPE_CHECKING:
    from benchmarks.figures import Figure
    from benchmarks.notification.scene import Scene

ROUNDS = 3
ORDERS = 15
WARM_UP = 2
MOST_MILLISECONDS = 5_000


def measure(scene: Scene) -> list[Figure]:
    """Place orders one by one and wait for each one's letter; a change of style starts afresh."""
    milliseconds: dict[str, list[float]] = {style: [] for style in STYLES}
    arrivals = random.Random(1)
    for _ in range(ROUNDS):
        for style in STYLES:
            scene.choose(style)
            delays = [_delay(scene, arrivals) for _ in range(WARM_UP + ORDERS)]
            milliseconds[style] += delays[WARM_UP:]
    figures = [
        figure for style in STYLES for figure in _figures(style, sorted(milliseconds[style]))
    ]
    letters = len(scene.mail.letters)
    orders = ROUNDS * len(STYLES) * (WARM_UP + ORDERS)
    return [*figures, at_most("letters per order", letters / orders, "", bar=1,
                              reference=f"{letters} letters, {orders} orders")]  # fmt: skip


def _delay(scene: Scene, arrivals: random.Random) -> float:
    time.sleep(arrivals.uniform(0.02, 0.1))  # arrivals at random, not in step with the relay
    order = scene.place()
    scene.wait_for([order])
    return (scene.arrivals()[order.number] - order.committed_at) * 1000


def _figures(style: str, delays: list[float]) -> list[Figure]:
    reference = f"{len(delays)} orders, one at a time"
    p99 = delays[max(0, int(len(delays) * 0.99) - 1)]
    return [
        told(f"{style}: commit to letter, p50", statistics.median(delays), "ms",
             reference=reference),
        at_most(f"{style}: commit to letter, p99", p99, "ms", bar=MOST_MILLISECONDS,
                reference=reference),
    ]  # fmt: skip
