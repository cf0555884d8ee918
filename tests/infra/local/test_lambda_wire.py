"""The host's HTTP reads what runtime clients send, and answers in one packet."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from infra.local.lambda_host.runtime_api import RuntimeApi
from infra.local.lambda_host.wire import Answer, encode, read_request


def read(sent):
    async def run():
        reader = asyncio.StreamReader()
        reader.feed_data(sent)
        reader.feed_eof()
        return await read_request(reader)

    return asyncio.run(run())


def test_body_of_a_told_length_is_read():
    request = read(b"POST /invoke HTTP/1.1\r\nContent-Length: 2\r\nX-Name: a: b\r\n\r\n{}rest")

    assert (request.method, request.path, request.body) == ("POST", "/invoke", b"{}")
    assert request.headers["x-name"] == "a: b"


def test_body_in_chunks_is_put_together():
    request = read(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    )

    assert request.body == b"abcde"


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"]
)
def test_closed_connection_holds_no_request(sent):
    assert read(sent) is None


def test_answer_is_head_and_body_together():
    encoded = encode(Answer(HTTPStatus.ACCEPTED, b"{}", (("X-Name", "value"),)))

    assert encoded == b"HTTP/1.1 202 Accepted\r\nX-Name: value\r\nContent-Length: 2\r\n\r\n{}"


def test_connection_that_has_only_just_come_is_closed_with_the_others():
    async def run():
        api = RuntimeApi()
        await api.open()
        reader, writer = await asyncio.open_connection(*api.address.split(":"))
        while not api._connections:  # noqa: ASYNC110 - its first step must not have come
            await asyncio.sleep(0)

        api.close()

        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    asyncio.run(run())
