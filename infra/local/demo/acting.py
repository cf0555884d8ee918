"""What happens beside the story: trade goes on, and the runbook is followed by its commands."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local.demo.readers import Logins
from infra.local.running import ROOT, RunningShop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

TIMEOUT_SECONDS = 1.5
"""Everything runs on one machine here, the emulated service as well: 0.4 s would measure that."""
ENGINEER, SECOND = "dana", "robin"
_STOP_SECONDS = 20
_TRIES, _ROLLED_BACK = 3, 8


class RunbookStopped(Exception):
    """The runbook did not come to its end; the message is what it said last."""

    def __init__(self, exit_code: int, said: str) -> None:
        super().__init__(f"the runbook ended with {exit_code}: {said}")
        self.exit_code = exit_code


def open_logins(shop: RunningShop, paths: Sequence[str], *, each_lot: int) -> Logins:
    """Let people sign in who read these paths, so many of each step of their canaries."""
    shop.manage("open_local_logins", *paths, f"--each-lot={each_lot}")
    return Logins.read(shop)


@contextmanager
def live_trade(
    shop: RunningShop, file: Path, *, seconds_per_invoice: float
) -> Iterator[Callable[[], bool]]:
    """Let invoices come in at a pace until the block ends; what it gives tells whether they do."""
    command = ("replay_trade", str(file), f"--pace={seconds_per_invoice}")
    with (shop.state_dir / "logs" / "replayed.log").open("ab") as log:
        process = _start(shop, *command, output=log.fileno())
        try:
            yield lambda: process.poll() is None
        finally:
            process.terminate()
            _wait(process)


def follow_runbook(
    shop: RunningShop,
    path: str,
    *,
    until: str,
    most_minutes: float,
    tell: Callable[[str], None],
) -> None:
    """Take the steps of a path to a rung, telling every line that the commands print.

    Raises:
        RunbookStopped: a step failed, took too long, or the path was rolled back meanwhile.
    """
    process = _start(
        shop, "strangler", "runbook", path, "--run", f"--until={until}", f"--as={ENGINEER}",
        f"--approver={SECOND}", f"--most-minutes={most_minutes}", output=subprocess.PIPE,
    )  # fmt: skip
    last = ""
    try:
        for line in process.stdout or ():
            last = line.rstrip() or last
            tell(line.rstrip())
    except BaseException:
        process.terminate()
        raise
    finally:
        _wait(process)
    if process.returncode:
        raise RunbookStopped(process.returncode, last)


def climb(
    shop: RunningShop,
    path: str,
    *,
    until: str,
    most_minutes: float,
    tell: Callable[[str], None],
) -> None:
    """Follow a path's runbook to a rung, and begin again from wherever it was rolled back to.

    A person would find out why before that; on a busy machine it is the machine.

    Raises:
        RunbookStopped: it did not get there.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            follow_runbook(shop, path, until=until, most_minutes=most_minutes, tell=tell)
        except RunbookStopped as error:
            if error.exit_code != _ROLLED_BACK or not tries_left:
                raise
            tell(f"{path}: fell: {error}. The runbook begins again from there")
        else:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What `strangler reconcile` said: of each path that it compared, and by its exit code."""

    exit_code: int
    reports: Sequence[Mapping[str, Any]]
    complaint: str = ""


def reconcile(shop: RunningShop, *words: str) -> Reconciled:
    """Compare every key of a path, or of `--all`."""
    done = shop.manage("strangler", "reconcile", *words, "--json", check=False)
    told = json.loads(done.stdout or "[]")
    return Reconciled(
        exit_code=done.returncode,
        reports=told if isinstance(told, list) else [told],
        complaint=done.stderr.rstrip().rpartition("\n")[2] if done.returncode else "",
    )


def _start(shop: RunningShop, *words: str, output: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**shop.environment, "PYTHONUNBUFFERED": "1"},
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()
