"""Serves ministack on one loopback port, with our hooks in it."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack_app

from infra.local.aws import (
    cross_origin,
    http_api,
    lambda_hooks,
    log_limits,
    queue_order,
    queue_retries,
    restoring,
    signatures,
)
from infra.local.aws.changes import ChangeWatch
from infra.local.aws.checkpoints import Checkpoints
from infra.local.aws.host_link import HostLink

if TYPE_CHECKING:
    from infra.local.aws.generations import StateFolder


@dataclass(frozen=True, slots=True)
class Timing:
    """How often state is kept, and how long a failed batch's first retry waits."""

    checkpoint_seconds: float
    retry_seconds: float


def run(*, port: int, folder: StateFolder, lambda_host: str, timing: Timing) -> None:
    """Serve until told to stop."""
    changes = ChangeWatch(signatures.remembering_path(ministack_app.app))
    checkpoints = Checkpoints(folder, changes, port=port)
    _hook_in(HostLink(lambda_host, on_up=lambda_hooks.host_came_up), changes, timing)
    ministack_app.save_all = checkpoints.write_last
    asyncio.run(_serve(changes, checkpoints, port=port, timing=timing))


def _hook_in(link: HostLink, changes: ChangeWatch, timing: Timing) -> None:
    queue_order.install()
    forwarder = lambda_hooks.install(link)
    queue_retries.install(forwarder, retry_seconds=timing.retry_seconds, on_change=changes.mark)
    restoring.install()
    http_api.install()
    cross_origin.install()
    log_limits.install()
    signatures.install()
    link.watch()


async def _serve(
    changes: ChangeWatch, checkpoints: Checkpoints, *, port: int, timing: Timing
) -> None:
    asyncio.get_running_loop().set_exception_handler(_report)
    keeping = asyncio.create_task(checkpoints.keep(every_seconds=timing.checkpoint_seconds))
    await serve(changes, _server_settings(port), shutdown_trigger=_told_to_stop)
    keeping.cancel()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in the loop; connections cut at the end are nothing wrong."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def _server_settings(port: int) -> Config:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1.0
    config.loglevel = "WARNING"
    return config


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
