"""The Runtime API of one worker process: it asks for work here and answers here.

A port per worker says which worker is asking; the API itself has no place for that.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from infra.local.lambda_host import wire

PREFIX = "/2018-06-01/runtime"
ACCEPTED = wire.Answer(HTTPStatus.ACCEPTED, b'{"status":"OK"}')


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event on its way to a handler; the deadline is in milliseconds since the epoch."""

    request_id: str
    event: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str = ""

    def as_answer(self) -> wire.Answer:
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
        }
        return wire.Answer(body=self.event, headers=tuple(headers.items()))


@dataclass(frozen=True, slots=True)
class HandlerAnswer:
    """What the handler returned, or the error it raised, as JSON."""

    payload: bytes
    is_error: bool


class RuntimeApi:
    """Serves one worker; lives on the host's event loop."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.init_error: asyncio.Future[bytes] = loop.create_future()
        self._queue: asyncio.Queue[Invocation] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[HandlerAnswer]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.address = ""

    async def open(self) -> None:
        """Listen on a free loopback port; `address` then says which."""
        self._server = await asyncio.start_server(
            self._on_connection, "127.0.0.1", 0, limit=wire.STREAM_LIMIT_BYTES
        )
        self.address = "127.0.0.1:{1}".format(*self._server.sockets[0].getsockname())

    def close(self) -> None:
        """Listen no more; a worker that waits for work waits in vain, so nobody waits for it."""
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.cancel()

    def deliver(self, invocation: Invocation) -> asyncio.Future[HandlerAnswer]:
        """Hand an event to the worker; the future holds its answer."""
        answer: asyncio.Future[HandlerAnswer] = asyncio.get_running_loop().create_future()
        self._answers[invocation.request_id] = answer
        self._queue.put_nowait(invocation)
        return answer

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        serving = asyncio.create_task(wire.serve_connection(reader, writer, self._handle))
        self._connections.add(serving)
        serving.add_done_callback(self._connections.discard)
        # One that is cancelled before its first step never gets to closing it.
        serving.add_done_callback(lambda _: writer.close())

    async def _handle(self, request: wire.Request) -> wire.Answer:
        if request.path == f"{PREFIX}/invocation/next":
            return await self._next()
        if request.path == f"{PREFIX}/init/error":
            return self._init_failed(request.body)
        return self._finished(request)

    async def _next(self) -> wire.Answer:
        if not self.ready.done():
            self.ready.set_result(None)
        return (await self._queue.get()).as_answer()

    def _init_failed(self, payload: bytes) -> wire.Answer:
        if not self.init_error.done():
            self.init_error.set_result(payload)
        return ACCEPTED

    def _finished(self, request: wire.Request) -> wire.Answer:
        _, _, request_id, outcome = request.path.rsplit("/", 3)
        answer = self._answers.pop(request_id, None)
        if answer is None:
            return wire.Answer(HTTPStatus.BAD_REQUEST, b'{"errorType":"InvalidRequestID"}')
        if not answer.done():
            answer.set_result(HandlerAnswer(request.body, is_error=outcome == "error"))
        return ACCEPTED
