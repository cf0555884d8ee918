"""The host's own HTTP side: invocations from local AWS, health, and the lifeline.

`POST /invoke` takes and gives a line of JSON about the invocation, then the event or the answer
as it is: nobody parses a payload only to pass it on. `GET /lifeline` is answered when the host
stops; when it dies the kernel ends the connection: local AWS learns of both without polling.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from infra.local.lambda_host import wire
from infra.local.lambda_host.functions import Function
from infra.local.lambda_host.pool import Throttled
from infra.local.lambda_host.worker import Event

if TYPE_CHECKING:
    from infra.local.lambda_host.host import LambdaHost

LAST_INVOCATIONS_SECONDS = 1.5


class HostServer:
    """Answers on one loopback port."""

    def __init__(self, host: LambdaHost) -> None:
        self._host = host
        self._stopping = asyncio.Event()
        self._under_way: set[asyncio.Task[wire.Answer]] = set()
        self._server: asyncio.Server | None = None

    async def open(self, port: int) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = await asyncio.start_server(
            self._on_connection, "127.0.0.1", port, limit=wire.STREAM_LIMIT_BYTES
        )

    async def close(self) -> None:
        """Take no more work, let what is under way end for a moment, then end the workers."""
        if self._server:
            self._server.close()
        self._stopping.set()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LAST_INVOCATIONS_SECONDS)
        await self._host.stop()

    async def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await wire.serve_connection(reader, writer, self._handle)

    async def _handle(self, request: wire.Request) -> wire.Answer:
        if request.path == "/invoke":
            return await self._invoke(request.body)
        if request.path == "/lifeline":
            await self._stopping.wait()
            return wire.Answer(HTTPStatus.SERVICE_UNAVAILABLE)
        if request.path == "/health":
            return wire.Answer(body=b'{"status":"ok"}')
        return wire.Answer(HTTPStatus.NOT_FOUND)

    async def _invoke(self, body: bytes) -> wire.Answer:
        head, _, payload = body.partition(b"\n")
        asked = json.loads(head)
        running = asyncio.create_task(self._run(asked, payload))
        self._under_way.add(running)
        running.add_done_callback(self._under_way.discard)
        try:
            return await running
        except Throttled:
            return wire.Answer(HTTPStatus.TOO_MANY_REQUESTS)

    async def _run(self, asked: dict[str, Any], payload: bytes) -> wire.Answer:
        function = Function.from_configuration(asked["configuration"])
        event = Event(asked["request_id"], payload, function.arn, asked.get("trace_id") or "")
        result = await self._host.invoke(function, event)
        head = json.dumps({"is_error": result.is_error, "log": result.log}).encode()
        return wire.Answer(body=head + b"\n" + result.payload)
