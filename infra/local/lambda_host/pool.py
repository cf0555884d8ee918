"""The warm workers of each function: at most so many, the newest first, idle ones let go."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.lambda_host.functions import Function
    from infra.local.lambda_host.worker import Event, Result, Worker


class Throttled(Exception):
    """Every worker the function may have stayed busy for too long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many workers a function may have, and how long they stay."""

    workers_per_function: int = 6
    wait_seconds: float = 10.0
    idle_seconds: float = 60.0
    kept_warm: int = 1


class FunctionPool:
    """The workers of one function in one configuration."""

    def __init__(
        self, function: Function, new_worker: Callable[[Function], Worker], limits: Limits
    ) -> None:
        self.function = function
        self._new_worker = new_worker
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.workers_per_function)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._generation = 0
        self._stopping: set[asyncio.Task[None]] = set()

    async def invoke(self, event: Event) -> Result:
        """Run one event on a warm worker, or on a new one.

        Raises:
            Throttled: all workers stayed busy.
        """
        await self._take_slot()
        try:
            return await self._invoke(event)
        finally:
            self._slots.release()

    def retire(self) -> None:
        """Let no event start on the workers of now: idle ones end, busy ones after their event."""
        self._generation += 1
        self._let_go(self._idle)
        self._idle = []

    def retire_idle(self) -> None:
        """End the workers that have been idle for long, but for those kept warm."""
        since = time.monotonic() - self._limits.idle_seconds
        spare = self._idle[: max(0, len(self._idle) - self._limits.kept_warm)]
        gone = [worker for worker in spare if worker.idle_since < since]
        self._idle = [worker for worker in self._idle if worker not in gone]
        self._let_go(gone)

    async def stop(self) -> None:
        """End every worker, busy or not."""
        self._let_go([*self._idle, *self._busy])
        await asyncio.gather(*self._stopping, return_exceptions=True)

    async def _take_slot(self) -> None:
        try:
            await asyncio.wait_for(self._slots.acquire(), self._limits.wait_seconds)
        except TimeoutError as error:
            raise Throttled(self.function.name) from error

    async def _invoke(self, event: Event) -> Result:
        generation = self._generation
        worker = await self._worker()
        self._busy.add(worker)
        try:
            return await worker.invoke(event)
        finally:
            self._busy.discard(worker)
            self._give_back(worker, is_current=generation == self._generation)

    async def _worker(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive():
                return worker
            self._let_go([worker])
        worker = self._new_worker(self.function)
        await worker.start()
        return worker

    def _give_back(self, worker: Worker, *, is_current: bool) -> None:
        if worker.is_usable and is_current:
            self._idle.append(worker)
        else:
            self._let_go([worker])

    def _let_go(self, workers: list[Worker]) -> None:
        for worker in workers:
            task = asyncio.create_task(worker.stop())
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)
