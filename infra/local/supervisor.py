"""Starts processes in order, restarts what dies, stops everything in reverse."""

from __future__ import annotations

import queue
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.processes import DidNotStart, Process, Program
from infra.local.waiting import NeverHappened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.local.console import Console

VERBS = ("stop", "start", "restart")
_LOOK_EVERY_SECONDS = 0.2
_MOST_DEATHS = 5
_DEATHS_WITHIN_SECONDS = 60
_STOP_SECONDS = 8.0


class GaveUp(Exception):
    """A process dies again and again; the message names it and its log."""


@dataclass(frozen=True)
class Request:
    """Something asked of the supervisor from outside; `answer` is called when it is done."""

    verb: str
    name: str
    answer: Callable[[str], None]


class Supervisor:
    """Keeps the processes of one running shop.

    Start processes from the main thread: the kernel ties a child's life to the thread that made it.
    """

    def __init__(self, *, directory: Path, console: Console, is_over: Callable[[], bool]) -> None:
        self.requests: queue.Queue[Request] = queue.Queue()
        self._directory = directory
        self._console = console
        self._is_over = is_over
        self._programs: dict[str, Program] = {}
        self._running: dict[str, Process] = {}
        self._deaths: dict[str, deque[float]] = {}
        self._restarts: dict[str, Callable[[], None]] = {}
        self.on_change: Callable[[], None] = lambda: None

    @property
    def pids(self) -> dict[str, int]:
        """Return the process id of everything that runs."""
        return {name: process.pid for name, process in self._running.items()}

    def start(self, program: Program, *, restart: Callable[[], None] | None = None) -> None:
        """Start a program, wait until it is ready; `restart` replaces the plain way to do so again.

        Raises:
            DidNotStart: it ended or was not ready in time.
        """
        self._programs[program.name] = program
        if restart is not None:
            self._restarts[program.name] = restart
        process = Process(program, self._console, self._directory)
        self._running[program.name] = process
        try:
            process.wait_ready(self._is_over)
        except DidNotStart:
            process.ask_to_stop()
            # Once it has ended it is buried, and started again, like any that died.
            self._wait_stopped(process, _STOP_SECONDS / 2)
            raise
        self.on_change()

    def stop(self, name: str) -> None:
        """Stop one program and leave it stopped."""
        process = self._running.pop(name, None)
        if process is not None:
            process.ask_to_stop()
            self._wait_stopped(process, _STOP_SECONDS)
        self.on_change()

    def fail(self, name: str) -> None:
        """Have a program that runs, but is of no use, end and be started again."""
        process = self._running.get(name)
        if process is not None:
            process.ask_to_stop()

    def restart(self, name: str) -> None:
        """Start a program again that was stopped or has died.

        Raises:
            DidNotStart: it ended or was not ready in time.
        """
        self._restarts.get(name, lambda: self.start(self._programs[name]))()

    def watch(self) -> None:
        """Look after the processes until it is over.

        Raises:
            GaveUp: one of them keeps dying.
        """
        while not self._is_over():
            self._answer_one_request()
            for name, process in list(self._running.items()):
                # Burying one may have stopped or restarted others meanwhile.
                if self._running.get(name) is process and process.exit_code is not None:
                    self._bury(name, process)

    def stop_all(self) -> None:
        """Stop everything, the last started first, within ten seconds."""
        deadline = time.monotonic() + _STOP_SECONDS
        for process in reversed(list(self._running.values())):
            process.ask_to_stop()
            # Whoever others depend on waits for them: a worker hands its leases back to PostgreSQL.
            # One that hangs may have half of what is left, or the database would be killed for it.
            self._wait_stopped(process, (deadline - time.monotonic()) / 2)
        self._running.clear()

    def _wait_stopped(self, process: Process, seconds: float) -> None:
        try:
            process.wait_stopped(seconds=seconds)
        except NeverHappened as killed:
            self._console.shout(str(killed))

    def _answer_one_request(self) -> None:
        try:
            request = self.requests.get(timeout=_LOOK_EVERY_SECONDS)
        except queue.Empty:
            return
        try:
            request.answer(self._carry_out(request))
        except DidNotStart as error:
            request.answer(f"failed: {error}")

    def _carry_out(self, request: Request) -> str:
        if request.verb not in VERBS:
            return f"failed: no verb {request.verb!r} (there are {', '.join(VERBS)})"
        if request.name not in self._programs:
            return f"failed: no process {request.name!r} (there are {', '.join(self._programs)})"
        if request.verb in {"stop", "restart"}:
            self.stop(request.name)
        if request.verb in {"start", "restart"} and request.name not in self._running:
            self.restart(request.name)
        return "done"

    def _bury(self, name: str, process: Process) -> None:
        program, exit_code = process.program, process.exit_code
        if program.ended is not None and exit_code is not None:
            del self._running[name]
            program.ended(exit_code)
            return
        if program.ends_by_itself and exit_code == 0:
            self._console.say(f"{name} has finished")
            del self._running[name]
            return
        self._console.shout(f"{name} ended unexpectedly with {process.exit_code}; restarting it")
        del self._running[name]
        self._note_death(name)
        try:
            self.restart(name)
        except DidNotStart as error:
            self._console.shout(str(error))

    def _note_death(self, name: str) -> None:
        deaths = self._deaths.setdefault(name, deque(maxlen=_MOST_DEATHS))
        deaths.append(time.monotonic())
        if len(deaths) == _MOST_DEATHS and deaths[-1] - deaths[0] < _DEATHS_WITHIN_SECONDS:
            log = self._console.log_of(name)
            raise GaveUp(f"{name} died {_MOST_DEATHS} times within a minute: see its log {log}")
