"""`python -m benchmarks.concerns`: the same mixed load, before and after each read has moved."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.concerns import machines
from benchmarks.figures import publish
from infra.local import trade_source
from infra.local.running import ROOT, RunningShop, run_shop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.concerns.stages import Stage

# Everything runs on one machine, the emulated service as well: 0.4 s would measure that. Nobody
# goes on comparing: that would ask the monolith for every read that has moved.
_ENVIRONMENT = {
    "STRANGLER_TIMEOUT_SECONDS": "1.5",
    "STRANGLER_WATCH_IN_WORKER": "no",
}
_CUSTOMERS = 12


def main() -> None:
    """Open a shop with all its past, and let everybody in, stage by stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="measured in each stage")
    parser.add_argument("--draw", type=Path, help="write the drawing here, as SVG")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with (
        tempfile.TemporaryDirectory(prefix="banyan-concerns-") as folder,
        run_shop(Path(folder), environment=_ENVIRONMENT) as shop,
    ):
        divided = machines.divide(shop)
        load, stages = _run_stages(shop, seconds=arguments.seconds)
    from benchmarks.concerns import drawing, telling

    if arguments.draw:
        arguments.draw.write_text(drawing.draw(stages))
    telling.print_table(stages, machine=divided, load=load)
    sys.exit(not publish("concerns", telling.figures(stages, divided)))


def _run_stages(shop: RunningShop, *, seconds: float) -> tuple[str, list[Stage]]:
    customer_ids = _open_logins(shop)
    os.environ.update(shop.environment)
    _merge_the_lake()
    import django

    django.setup()
    from benchmarks.concerns import stages, visits
    from monolith.strangler import registry

    load = stages.to_the_limit(
        stages.Load(
            shop=shop,
            crowds=visits.crowds(customer_ids, registry.names()),
            trade=trade_source.find(ROOT, shop.state_dir).file,
            measured_seconds=seconds,
        )
    )
    moving = [crowd.path for crowd in load.crowds]
    seen = []
    for count in range(len(moving) + 1):
        seen.append(stages.run(load, tuple(moving[:count])))
        print(f"{seen[-1].name}: measured", file=sys.stderr)
    return str(load), seen


def _merge_the_lake() -> None:
    """Merge what the lake was just filled with: its clock would, some time within the load."""
    import boto3
    from botocore.config import Config

    patient = Config(read_timeout=300, retries={"total_max_attempts": 1})
    boto3.client("lambda", config=patient).invoke(FunctionName="sales-insights-on-schedule")


def _open_logins(shop: RunningShop) -> Sequence[int]:
    shop.manage("open_local_logins", "order_history", f"--each-lot={_CUSTOMERS // 4}")
    logins = json.loads((shop.state_dir / "logins.json").read_text())
    return [each["customer_id"] for each in logins["readers"]["order_history"]][:_CUSTOMERS]


if __name__ == "__main__":
    main()
