"""How long it takes until every process serves by a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.figures import Figure, at_most, told
from benchmarks.outbox.rounds import percentile
from infra.local.waiting import wait_until
from monolith.strangler.models import TransitionEffect
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from benchmarks.strangler.scene import Scene

CHANGES = 20
MOST_MILLISECONDS = 5_000


def measure(scene: Scene) -> list[Figure]:
    """Move the path up and down; every process that routes reads says when it knows."""
    effects = []
    for number in range(CHANGES):
        changed = scene.stand("shadow-100" if number % 2 else "monolith")
        found = TransitionEffect.objects.filter(transition=changed)
        wait_until(found.exists, "a change's effect", seconds=60)
        effects.append(found.get())
    times = sorted(float(effect.milliseconds) for effect in effects)
    reference = f"each process looks every {controls.POLL_SECONDS:g} s"
    return [
        at_most("change in force in every process, longest", times[-1], "ms",
                bar=MOST_MILLISECONDS, reference=reference),
        told("change in force in every process, p50", percentile(times, 0.5), "ms",
             reference=reference),
        told("processes", max(effect.workers for effect in effects), "processes"),
    ]  # fmt: skip
