"""Checkpoints are taken only when something may have changed."""

from __future__ import annotations

import asyncio

import pytest

from infra.local.aws.changes import ChangeWatch, may_change


def request(method="POST", path="/", target=""):
    headers = [(b"x-amz-target", target.encode())] if target else []
    return {"type": "http", "method": method, "path": path, "headers": headers}


@pytest.mark.parametrize(
    "seen",
    [
        request(target="AmazonSQS.SendMessage"),
        request(target="AmazonSQS.DeleteMessage"),
        request(target="DynamoDB_20120810.TransactWriteItems"),
        request("PUT", "/bucket/key"),
        request(),
    ],
)
def test_writing_request_may_change_state(seen):
    assert may_change(seen)


@pytest.mark.parametrize(
    "seen",
    [
        request(target="AmazonSQS.ReceiveMessage"),
        request(target="DynamoDB_20120810.Query"),
        request(target="DynamoDB_20120810.TransactGetItems"),
        request("GET", "/bucket/key"),
        request("POST", "/_aws/execute-api/abc/$default/orders"),
        request("POST", "/_ministack/anything"),
    ],
)
def test_reading_request_changes_nothing(seen):
    assert not may_change(seen)


def test_change_is_taken_once():
    passed_on = []

    async def application(*call):
        passed_on.append(call)

    watch = ChangeWatch(application)
    asyncio.run(watch(request(target="AmazonSQS.SendMessage"), None, None))

    assert [watch.take(), watch.take()] == [True, False]
    assert len(passed_on) == 1
