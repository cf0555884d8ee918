"""The way to the Lambda host: forwards invocations, and knows at once when the host is gone."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KNOCK_SECONDS = (0.05, 0.1, 0.2, 0.4)  # then the last one, again and again


class HostDown(Exception):
    """The Lambda host cannot be reached, or died; `had_started` tells if it held the event."""

    def __init__(self, message: str, *, had_started: bool) -> None:
        super().__init__(message)
        self.had_started = had_started


class Busy(Exception):
    """The function has all the workers it may have, and they stay busy."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host gave back: JSON as bytes, whether it is an error, all that was logged."""

    payload: bytes
    is_error: bool
    log: str


class HostLink:
    """Keep-alive connections to the host, and a lifeline whose end means the host's."""

    def __init__(self, url: str, *, on_up: Callable[[], None]) -> None:
        self._address = (urlsplit(url).hostname or "127.0.0.1", urlsplit(url).port or 80)
        self._on_up = on_up
        self._up = threading.Event()
        self._idle: deque[http.client.HTTPConnection] = deque()

    @property
    def is_up(self) -> bool:
        return self._up.is_set()

    def watch(self) -> None:
        """Start following the host's life."""
        threading.Thread(target=self._follow, daemon=True, name="lambda-host-lifeline").start()

    def wait_up(self, seconds: float) -> bool:
        """Wait for the host, and say whether it came."""
        return self._up.wait(seconds)

    def invoke(
        self, *, configuration: Mapping[str, Any], event: Any, request_id: str, trace_id: str | None
    ) -> Answer:
        """Run one event in the host.

        Raises:
            HostDown: there is no answer, and there will be none.
            Busy: the host has no free worker for the function.
        """
        head = {"configuration": configuration, "request_id": request_id, "trace_id": trace_id}
        body = json.dumps(head).encode() + b"\n" + json.dumps(event).encode()
        status, answered = self._exchange(body)
        if status == http.client.TOO_MANY_REQUESTS:
            raise Busy(configuration["FunctionName"])
        head_line, _, payload = answered.partition(b"\n")
        told = json.loads(head_line)
        return Answer(payload, is_error=told["is_error"], log=told["log"])

    def _exchange(self, body: bytes) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request("POST", "/invoke", body)
            response = connection.getresponse()
            answered = response.read()
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            raise HostDown(f"the Lambda host died: {error!r}", had_started=True) from error
        self._idle.append(connection)
        return response.status, answered

    def _connection(self) -> http.client.HTTPConnection:
        if not self.is_up:
            raise HostDown("the Lambda host is not running", had_started=False)
        try:
            return self._idle.pop()
        except IndexError:
            pass
        connection = http.client.HTTPConnection(*self._address)
        try:
            connection.connect()
        except OSError as error:
            raise HostDown(f"the Lambda host is not running: {error}", had_started=False) from error
        return connection

    def _follow(self) -> None:
        while True:
            lifeline = self._knock()
            self._up.set()
            self._on_up()
            _wait_for_the_end(lifeline)
            self._up.clear()
            self._forget_connections()

    def _knock(self) -> socket.socket:
        attempt = 0
        while True:
            try:
                lifeline = _connect(self._address)
                lifeline.sendall(b"GET /lifeline HTTP/1.1\r\nHost: lambda\r\n\r\n")
            except OSError:
                time.sleep(KNOCK_SECONDS[min(attempt, len(KNOCK_SECONDS) - 1)])
                attempt += 1
            else:
                return lifeline

    def _forget_connections(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _connect(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address)
    if connection.getsockname() == connection.getpeername():
        # With nobody there, the kernel may pick the very port as ours: we then talk to ourselves,
        # and the host cannot have its port.
        connection.close()
        raise ConnectionRefusedError(address)
    return connection


def _wait_for_the_end(lifeline: socket.socket) -> None:
    with lifeline:
        try:
            lifeline.recv(1)  # an answer means it is stopping, none that it has died
        except OSError:
            return
