"""Everything a worker process writes, line by line, and the platform lines around it.

What a process wrote before it answered is in the pipe before its answer is here, so draining
the pipe at the answer (or at the process's end) loses no line.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BYTES = 64 * 1024


class LogPipe:
    """The reading end of a worker's stdout and stderr."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._unfinished = b""
        self._read_end, self.write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._open = True
        asyncio.get_running_loop().add_reader(self._read_end, self._read)

    def started(self) -> None:
        """Give up the writing end once the child holds it, so that its death ends the pipe."""
        os.close(self.write_end)

    def drain(self) -> None:
        """Read all that has been written so far; a line without its end counts as a line."""
        while self._open and self._read():
            pass
        if self._unfinished:
            self._on_line(_text(self._unfinished))
            self._unfinished = b""

    def close(self) -> None:
        self.drain()
        self._stop()

    def _read(self) -> bool:
        try:
            chunk = os.read(self._read_end, READ_BYTES)
        except BlockingIOError:
            return False
        if not chunk:
            self._stop()
            return False
        *lines, self._unfinished = (self._unfinished + chunk).split(b"\n")
        for line in lines:
            self._on_line(_text(line))
        return True

    def _stop(self) -> None:
        if self._open:
            self._open = False
            asyncio.get_running_loop().remove_reader(self._read_end)
            os.close(self._read_end)


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r")


def start_line(*, request_id: str, version: str) -> str:
    """Return the line Lambda writes before an invocation."""
    return f"START RequestId: {request_id} Version: {version}"


def end_line(*, request_id: str) -> str:
    """Return the line Lambda writes after an invocation."""
    return f"END RequestId: {request_id}"


def report_line(
    *,
    request_id: str,
    duration_ms: float,
    memory_mib: int,
    memory_used_mib: int,
    init_ms: float | None,
) -> str:
    """Return Lambda's own accounting of an invocation."""
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {int(duration_ms) + 1} ms",
        f"Memory Size: {memory_mib} MB",
        f"Max Memory Used: {memory_used_mib} MB",
    ]
    if init_ms is not None:
        parts.append(f"Init Duration: {init_ms:.2f} ms")
    return "\t".join(parts)
