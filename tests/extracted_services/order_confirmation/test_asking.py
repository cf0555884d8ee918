"""Calling the shop back, and all that can come of it."""

from __future__ import annotations

import json

import pytest

from extracted_services.order_confirmation import asking
from extracted_services.order_confirmation.asking import (
    CallBackFailed,
    CallBackRefused,
    OrderGone,
    Shop,
)
from infra.local.ports import free_port
from tests.extracted_services.order_confirmation.facts import to_confirm
from tests.extracted_services.order_confirmation.shop_server import GONE, shop_server

LINK = "/api/v1/orders/B100001/confirmation/"


@pytest.fixture
def server():
    with shop_server() as shop:
        yield shop


def ask(server, link=LINK):
    return Shop(server.origin, "a-token").ask(link)


def test_shop_is_asked_at_the_link_with_the_token_of_the_service(server):
    server.tells(to_confirm())

    answer = ask(server)

    assert answer.order == to_confirm()
    assert answer.response_bytes == len(server.body)
    assert answer.milliseconds > 0
    assert server.asked == [(LINK, "Bearer a-token")]


def test_order_that_the_shop_does_not_know_is_gone(server):
    server.tells(GONE, status=404)

    with pytest.raises(OrderGone):
        ask(server)


@pytest.mark.parametrize("body", [b"not found", b"[]", json.dumps({"type": "other"}).encode()])
def test_404_of_somebody_who_is_not_the_shop_says_nothing_of_the_order(server, body):
    server.status, server.body = 404, body

    with pytest.raises(CallBackFailed):
        ask(server)


@pytest.mark.parametrize("status", [401, 403])
def test_token_that_is_not_believed_has_a_name_of_its_own(server, status):
    server.status = status

    with pytest.raises(CallBackRefused, match=f"status {status}"):
        ask(server)


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_any_other_status_is_a_failure_and_nobody_is_followed_elsewhere(server, status):
    server.status = status

    with pytest.raises(CallBackFailed, match=f"status {status}"):
        ask(server)

    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"order_number": 7}', b"\xff"])
def test_answer_that_cannot_be_read_is_a_failure(server, body):
    server.body = body

    with pytest.raises(CallBackFailed):
        ask(server)


def test_answer_without_end_is_not_read_to_it(server, monkeypatch):
    monkeypatch.setattr(asking, "LARGEST_ANSWER_BYTES", 10)
    server.tells(to_confirm())

    with pytest.raises(CallBackFailed, match="too long"):
        ask(server)


def test_shop_that_keeps_silent_is_given_up(server, monkeypatch):
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.2)
    server.is_silent = True

    with pytest.raises(CallBackFailed, match="TimeoutError"):
        ask(server)


def test_shop_that_is_not_there_is_asked_once_per_batch():
    shop = Shop(f"http://127.0.0.1:{free_port()}", "a-token")

    with pytest.raises(CallBackFailed, match=r"^ConnectionRefusedError"):
        shop.ask(LINK)
    with pytest.raises(CallBackFailed, match="not asked after: ConnectionRefusedError"):
        shop.ask(LINK)


def test_shop_that_failed_is_asked_no_more_in_the_same_batch(server):
    server.status = 503
    shop = Shop(server.origin, "a-token")

    for _ in range(3):
        with pytest.raises(CallBackFailed):
            shop.ask(LINK)

    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "link", ["https://evil.example/", "//evil.example/", "orders/B1", "", "/a\r\nX-Evil: 1"]
)
def test_token_goes_nowhere_but_to_the_shop(server, link):
    with pytest.raises(CallBackFailed):
        ask(server, link)

    assert server.asked == []
