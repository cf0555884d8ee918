"""One execution environment: a process with the handler loaded, serving one event at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.aws.parent_death import signal_at_parent_death
from infra.local.lambda_host import errors, invocation_log
from infra.local.lambda_host.functions import Function, Surroundings, process_environment
from infra.local.lambda_host.runtime_api import HandlerAnswer, Invocation, RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Callable

INIT_LIMIT_SECONDS = 30.0  # Lambda's is 10; a busy laptop starting ten at once needs more
# An HTTP API waits no longer: what may take longer has nobody waiting for it. On AWS it would have
# a machine of its own; here it gives way to those that somebody waits for.
LONGEST_WAITED_FOR_SECONDS = 30.0
# A third of the processor that others get: with a tenth, an index was 48 s old on a busy machine.
_GIVING_WAY = 5
RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024 + 100


@dataclass(frozen=True, slots=True)
class Event:
    """What a caller hands in."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a caller gets back: JSON, whether it is an error, and all that was logged."""

    payload: bytes
    is_error: bool
    log: str


@dataclass(slots=True)
class _Record:
    """What happened in the invocation under way."""

    request_id: str
    started_at: float = field(default_factory=time.monotonic)
    lines: list[str] = field(default_factory=list)

    def milliseconds(self) -> float:
        return (time.monotonic() - self.started_at) * 1000


class Worker:
    """A worker process and what the host holds of it."""

    def __init__(
        self,
        function: Function,
        surroundings: Surroundings,
        console: Callable[[str, str, str], None],
    ) -> None:
        self.function = function
        self.idle_since = time.monotonic()
        self.is_usable = True
        self._surroundings = surroundings
        self._console = console
        self._api = RuntimeApi()
        self._log = invocation_log.LogPipe(self._on_line)
        self._record = _Record(request_id="init")
        self._init_ms: float | None = None
        self._peak_memory_mib = 0

    async def start(self) -> None:
        """Start the process and wait until it asks for work or has failed to get there."""
        await self._api.open()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._surroundings.runtime_command,
            self.function.handler,
            cwd=self._surroundings.code_root,
            env=process_environment(
                self.function, self._surroundings, runtime_api=self._api.address
            ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._log.write_end,
            stderr=self._log.write_end,
            preexec_fn=_die_with_the_host_and_give_way
            if self.function.timeout_seconds > LONGEST_WAITED_FOR_SECONDS
            else _die_with_the_host,
            start_new_session=True,  # Ctrl-C is for the host, which then lets invocations end
        )
        self._log.started()
        self._exited = asyncio.create_task(self._process.wait())
        await self._await_init()

    async def invoke(self, event: Event) -> Result:
        """Run the handler on one event; a worker that broke on the way is no longer usable."""
        init_lines, self._record = self._record.lines, _Record(event.request_id)
        self._record.lines += init_lines
        self._platform_line(
            invocation_log.start_line(request_id=event.request_id, version=self.function.version)
        )
        answer = await self._answer(event)
        if not self.is_usable:
            await self.stop()
        return self._result(answer)

    def is_alive(self) -> bool:
        """Say whether the process still waits for work (it may have crashed while idle)."""
        return self.is_usable and not self._exited.done()

    async def stop(self) -> None:
        """End the process at once, and keep what it wrote."""
        self.is_usable = False
        if self._process.returncode is None:
            self._process.kill()
        await self._exited
        self._log.close()
        self._api.close()

    async def _await_init(self) -> None:
        await _first_of(
            self._api.ready, self._api.init_error, self._exited, seconds=INIT_LIMIT_SECONDS
        )
        self._init_ms = self._record.milliseconds()
        self.is_usable = self._api.ready.done()

    async def _answer(self, event: Event) -> HandlerAnswer:
        if not self._api.ready.done():
            return HandlerAnswer(await self._init_error_payload(event), is_error=True)
        answered = self._api.deliver(self._invocation(event))
        await _first_of(answered, self._exited, seconds=self.function.timeout_seconds)
        self._peak_memory_mib = max(self._peak_memory_mib, peak_memory_mib(self._process.pid))
        if answered.done():
            return _within_the_size_limit(answered.result())
        self.is_usable = False
        return HandlerAnswer(self._broken_payload(event), is_error=True)

    def _invocation(self, event: Event) -> Invocation:
        deadline_ms = int((time.time() + self.function.timeout_seconds) * 1000)
        return Invocation(
            event.request_id, event.payload, deadline_ms, event.function_arn, event.trace_id
        )

    async def _init_error_payload(self, event: Event) -> bytes:
        self.is_usable = False
        if self._api.init_error.done():
            return self._api.init_error.result()
        if self._exited.done():
            return errors.process_exited(
                request_id=event.request_id, return_code=self._exited.result()
            )
        return errors.init_timed_out(request_id=event.request_id, limit_seconds=INIT_LIMIT_SECONDS)

    def _broken_payload(self, event: Event) -> bytes:
        if self._exited.done():
            return errors.process_exited(
                request_id=event.request_id, return_code=self._exited.result()
            )
        self._log.drain()
        line = errors.timed_out_line(self.function.timeout_seconds)
        self._on_line(f"{event.request_id} {line}")
        return errors.timed_out(
            request_id=event.request_id, timeout_seconds=self.function.timeout_seconds
        )

    def _result(self, answer: HandlerAnswer) -> Result:
        self._log.drain()
        self._platform_line(invocation_log.end_line(request_id=self._record.request_id))
        self._platform_line(self._report())
        log = "\n".join(self._record.lines)
        self._record = _Record(request_id="-")
        self.idle_since = time.monotonic()
        return Result(answer.payload, answer.is_error, log)

    def _report(self) -> str:
        init_ms, self._init_ms = self._init_ms, None
        return invocation_log.report_line(
            request_id=self._record.request_id,
            duration_ms=self._record.milliseconds(),
            memory_mib=self.function.memory_mib,
            memory_used_mib=self._peak_memory_mib,
            init_ms=init_ms,
        )

    def _on_line(self, line: str) -> None:
        self._record.lines.append(line)
        for part in line.split("\r"):  # awslambdaric's way to keep a stack trace in one record
            self._console(self.function.name, self._record.request_id, part)

    def _platform_line(self, line: str) -> None:
        self._record.lines.append(line)


def peak_memory_mib(pid: int) -> int:
    """Return the most memory the process has held; 0 where the kernel does not say or it ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peaks = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0]) // 1024 if peaks else 0


async def _first_of(*futures: asyncio.Future[Any], seconds: float) -> None:
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _within_the_size_limit(answer: HandlerAnswer) -> HandlerAnswer:
    size = len(answer.payload)
    if size <= RESPONSE_LIMIT_BYTES:
        return answer
    payload = errors.response_too_large(size=size, limit=RESPONSE_LIMIT_BYTES)
    return HandlerAnswer(payload, is_error=True)


def _die_with_the_host() -> None:
    signal_at_parent_death(signal.SIGKILL)


def _die_with_the_host_and_give_way() -> None:
    _die_with_the_host()
    os.nice(_GIVING_WAY)
    # Where Linux groups processes by sessions, niceness counts within a group, and a worker is a
    # session of its own: the group has to give way as well.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_GIVING_WAY))
