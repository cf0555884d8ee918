"""`make up`: the whole shop on this machine, in the foreground, from nothing to live trade."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local import control, run_file, trade_source
from infra.local.console import Console
from infra.local.processes import DidNotStart
from infra.local.shop import Shop
from infra.local.steps import StepFailed
from infra.local.supervisor import GaveUp, Supervisor
from infra.local.waiting import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Read the arguments, run the shop, and say how it ended by the exit code."""
    arguments = _arguments()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        run_file.claim(arguments.state_dir)
    except run_file.AlreadyRunning as error:
        raise SystemExit(str(error)) from None
    try:
        sys.exit(_run(arguments, over.is_set))
    finally:
        run_file.remove(arguments.state_dir)


def _run(arguments: argparse.Namespace, is_over: Callable[[], bool]) -> int:
    """Open the shop, look after it until it is over, close it; return the exit code."""
    started = time.monotonic()
    console = Console(arguments.state_dir / "logs", quiet=arguments.quiet)
    supervisor = Supervisor(directory=ROOT, console=console, is_over=is_over)
    shop = Shop(
        supervisor,
        console,
        arguments.state_dir,
        trade_source.find(ROOT, arguments.state_dir),
        trickle=arguments.trade,
        rung=arguments.rung,
        is_over=is_over,
    )
    exit_code = 0
    try:
        shop.open(control_port=control.serve(supervisor.requests))
        console.say(f"open after {time.monotonic() - started:.0f} s; Ctrl-C stops it")
        supervisor.watch()
    except Interrupted as stopped:
        console.say(f"stopped {stopped}")
    except (DidNotStart, StepFailed, GaveUp) as error:
        exit_code = 1
        console.shout(str(error))
    finally:
        console.say("closing")
        supervisor.stop_all()
    console.say(f"closed; state is kept in {_shown(arguments.state_dir)}")
    return exit_code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--trade",
        action=argparse.BooleanOptionalAction,
        default=os.environ.get("TRADE", "on") not in {"off", "no", "0"},
        help="let live trade trickle in",
    )
    parser.add_argument(
        "--rung",
        default=os.environ.get("RUNG", "service"),
        help="how far the read paths of a new shop have moved already (service)",
    )
    parser.add_argument(
        "--state-dir",
        type=lambda text: Path(text).resolve(),
        default=Path(os.environ.get("BANYAN_STATE_DIR", ROOT / ".banyan")).resolve(),
    )
    parser.add_argument("--quiet", action="store_true", help="logs to the files only")
    return parser.parse_args()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    main()
