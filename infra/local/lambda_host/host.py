"""All functions the host runs: finds the pool of each, and starts afresh when code changes."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from infra.local.lambda_host.hot_reload import SourceWatch
from infra.local.lambda_host.pool import FunctionPool, Limits
from infra.local.lambda_host.worker import Event, Result, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.local.lambda_host.functions import Function, Surroundings

REAP_EVERY_SECONDS = 15.0


def print_line(function_name: str, request_id: str, line: str) -> None:
    """Show a handler's line on the console, with whose it is."""
    sys.stdout.write(f"{function_name} {request_id[:8]} {line}\n")
    sys.stdout.flush()


class LambdaHost:
    """Runs events on the current code of the working tree."""

    def __init__(
        self, surroundings: Surroundings, *, watched: Sequence[Path], limits: Limits
    ) -> None:
        self._surroundings = surroundings
        self._limits = limits
        self._sources = SourceWatch(watched)
        self._pools: dict[str, FunctionPool] = {}

    async def invoke(self, function: Function, event: Event) -> Result:
        """Run one event.

        Raises:
            Throttled: all the function's workers stayed busy.
        """
        if self._sources.has_changed():
            for pool in self._pools.values():
                pool.retire()
        return await self._pool(function).invoke(event)

    async def reap(self) -> None:
        """Let go of idle workers, for ever."""
        while True:
            await asyncio.sleep(REAP_EVERY_SECONDS)
            for pool in self._pools.values():
                pool.retire_idle()

    async def stop(self) -> None:
        """End every worker."""
        await asyncio.gather(*(pool.stop() for pool in self._pools.values()))

    def _pool(self, function: Function) -> FunctionPool:
        key = f"{function.arn}:{function.version}"
        pool = self._pools.get(key)
        if pool and pool.function == function:
            return pool
        if pool:  # its configuration was updated
            pool.retire()
        self._pools[key] = FunctionPool(function, self._new_worker, self._limits)
        return self._pools[key]

    def _new_worker(self, function: Function) -> Worker:
        return Worker(function, self._surroundings, print_line)
