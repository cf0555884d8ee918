"""A running shop seen from outside: for journeys, fault tests and benchmarks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from infra.local import control, run_file, trade_source
from infra.local.shop import READS_FAILED, READS_SETTLED
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
# Every read path is filled and compared; the machine may be busy.
_OPEN_SECONDS = 600


@dataclass(frozen=True)
class RunningShop:
    """One shop, by its state directory; `told` is what all of its processes are told besides."""

    state_dir: Path
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> dict[str, Any]:
        """Return the run file: `web`, `aws`, `postgres`, `processes` by name, and so on."""
        return run_file.read(self.state_dir)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment in which commands find this shop."""
        return {
            **os.environ,
            **self.told,
            "BANYAN_STATE_DIR": str(self.state_dir),
            "BANYAN_LOCAL": "yes",
            "DATABASE_URL": self.addresses["postgres"],
            "AWS_ENDPOINT_URL": self.addresses["aws"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "DJANGO_SETTINGS_MODULE": "monolith.config.settings",
        }

    def manage(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `manage.py` command against this shop."""
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            text=True,
            capture_output=True,
            check=check,
        )

    def control(self, verb: str, name: str) -> None:
        """Stop, start or restart one of its processes; return when that is done."""
        answer = control.ask(self.state_dir, verb, name)
        if answer != "done":
            raise RuntimeError(f"{verb} {name}: {answer}")

    def kill(self, name: str) -> None:
        """Kill one of its processes without warning, and return when its successor runs."""
        before = self.addresses["processes"][name]
        os.kill(before, signal.SIGKILL)
        wait_until(
            lambda: self.addresses["processes"].get(name, before) != before,
            f"a new {name} after kill -9",
            seconds=60,
        )


@contextmanager
def run_shop(
    state_dir: Path,
    *,
    generated_orders: int | None = None,
    rung: str = "service",
    environment: Mapping[str, str] = MappingProxyType({}),
    await_reads: bool = True,
) -> Iterator[RunningShop]:
    """Run a quiet shop of its own, ports and all, for a block: open, with its reads on a rung.

    `environment` is told to all of its processes, and to commands. Without `await_reads` it is
    open, and they are on their way.
    """
    shop = RunningShop(state_dir, environment)
    environment = {
        **os.environ,
        **environment,
        "BANYAN_STATE_DIR": str(state_dir),
        "RUNG": rung,
    }
    environment.pop("DATABASE_URL", None)
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    if generated_orders is not None:
        environment["BANYAN_TRADE"] = trade_source.GENERATED
        environment["BANYAN_TRADE_ORDERS"] = str(generated_orders)
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.up", "--no-trade"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until(lambda: _is_open(process, shop), "the shop's opening", seconds=_OPEN_SECONDS)
            if await_reads:
                wait_until(lambda: _is_settled(shop), "its reads to move", seconds=_OPEN_SECONDS)
            yield shop
        finally:
            process.terminate()
            process.wait(timeout=30)


def _is_open(process: subprocess.Popen[bytes], shop: RunningShop) -> bool:
    if process.poll() is not None:
        log = (shop.state_dir / "up.log").read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the shop ended with {process.returncode}:\n{log}")
    # A shop that was killed may have left its own run file.
    return shop.addresses.get("pid") == process.pid and bool(shop.addresses.get("is_open"))


def _is_settled(shop: RunningShop) -> bool:
    reads = shop.addresses["reads"]
    if reads == READS_FAILED:
        log = (shop.state_dir / "logs" / "reads.log").read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the reads did not move:\n{log}")
    return bool(reads == READS_SETTLED)
