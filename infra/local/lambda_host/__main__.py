"""`python -m infra.local.lambda_host --port P --code-root DIR --aws-endpoint URL`."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from infra.local.aws.parent_death import stop_with_parent
from infra.local.lambda_host.functions import Surroundings
from infra.local.lambda_host.host import LambdaHost
from infra.local.lambda_host.pool import Limits
from infra.local.lambda_host.server import HostServer

WATCHED = ("event_contracts", "extracted_services")


def parse_arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(description="Runs Lambda functions from the working tree.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--code-root", type=Path, required=True)
    parser.add_argument("--aws-endpoint", required=True)
    parser.add_argument("--watch", action="append", help="folder below the code root; repeatable")
    parser.add_argument("--max-workers", type=int, default=Limits().workers_per_function)
    parser.add_argument("--idle-seconds", type=float, default=Limits().idle_seconds)
    return parser.parse_args()


async def run(arguments: argparse.Namespace) -> None:
    """Serve until told to stop."""
    root = arguments.code_root.resolve()
    host = LambdaHost(
        Surroundings(root, arguments.aws_endpoint),
        watched=[root / folder for folder in arguments.watch or WATCHED],
        limits=Limits(
            workers_per_function=arguments.max_workers, idle_seconds=arguments.idle_seconds
        ),
    )
    server = HostServer(host)
    await server.open(arguments.port)
    reaper = asyncio.create_task(host.reap())
    await _told_to_stop()
    reaper.cancel()
    await server.close()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    stop_with_parent()
    asyncio.run(run(parse_arguments()))
