"""A shop for these benchmarks: its service's answers come from a record, at next to no cost.

What the service costs is its own; on one machine it would be taken for the monolith's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.ports import free_port
from infra.local.readiness import http_answers
from infra.local.running import ROOT, RunningShop
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from monolith.strangler.models import Transition

PATH = "order_history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The shop, which this process is a part of, and somebody whose orders are read."""

    shop: RunningShop
    customer_id: int

    def stand(self, rung: str) -> Transition:
        """Put the path on a rung."""
        from django.utils import timezone

        from monolith.strangler import operations

        now: datetime = timezone.now()
        return operations.place(
            path=PATH, rung=rung, actor="benchmark", reason="to be measured", at=now
        )


@contextmanager
def opened(shop: RunningShop) -> Iterator[Scene]:
    """Let the shop ask the record, and become a part of the shop."""
    with _recorded_service(shop):
        for process in ("web", "worker"):
            shop.control("restart", process)
        os.environ.update(shop.environment)
        import django

        django.setup()
        from monolith.ordering.queries import find_busiest_customer_id

        yield Scene(shop=shop, customer_id=find_busiest_customer_id() or 0)


@contextmanager
def _recorded_service(shop: RunningShop) -> Iterator[None]:
    file = shop.state_dir / "deployed.json"
    deployed = json.loads(file.read_text())
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.strangler.recorded_service"]
    process = subprocess.Popen([*command, str(port), deployed["services"][PATH]], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    deployed["services"][PATH] = address
    try:
        wait_until(lambda: http_answers(f"{address}/health"), "the recorded service")
        file.write_text(json.dumps(deployed))
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)
