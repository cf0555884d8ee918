from __future__ import annotations

import socket
import time

import pytest

from monolith.strangler.calling import clients
from monolith.strangler.calling.clients import (
    ServiceAnswerMalformed,
    ServiceRefused,
    ServiceTimeout,
    ServiceUnavailable,
    client_for,
)
from tests.monolith.strangler.library import Shelf

AMPLE_SECONDS = 30  # for whatever is not about the budget
BUDGET_SECONDS = 0.4
# Far more than a busy machine adds; a budget that began anew with every byte would never end.
AT_MOST_TIMES = 20


def ask(seconds=AMPLE_SECONDS, path="/shelves/7", **parameters):
    client = client_for("shelf")
    assert client is not None
    return client.get(path, parameters, answer_class=Shelf, deadline=time.monotonic() + seconds)


def test_answer_comes_as_its_contract(service):
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma"], "unknown": 1})

    shelf = ask(page="0", kind="a b&c")

    assert shelf == Shelf(as_of=3, books=("Emma",))
    assert service.asked == [("/prod/shelves/7", {"page": "0", "kind": "a b&c"})]


def test_answer_comes_with_the_build_that_gave_it(service):
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma"]})
    client = client_for("shelf")
    assert client is not None
    deadline = time.monotonic() + AMPLE_SECONDS

    unsaid = client.get_answer("/shelves/7", {}, answer_class=Shelf, deadline=deadline)
    service.build = "0a1b2c"
    said = client.get_answer("/shelves/7", {}, answer_class=Shelf, deadline=deadline)

    assert (unsaid.build, said.build, client.last_build) == ("", "0a1b2c", "0a1b2c")
    assert said.value == Shelf(as_of=3, books=("Emma",))


def test_build_is_taken_only_as_long_as_a_digest_is(service):
    service.respond = service.answer_json({"as_of": 3, "books": []})
    service.build = "x" * 1_000

    ask()

    client = client_for("shelf")
    assert client is not None
    assert client.last_build == "x" * 64


def test_connection_is_used_again(service):
    service.respond = service.answer_json({"as_of": 3, "books": []})

    for _ in range(5):
        ask()

    assert len(service.connections) == 1


def test_connection_is_used_again_after_a_refusal(service):
    service.respond = service.problem(404, "history-not-complete")

    for _ in range(3):
        with pytest.raises(ServiceRefused):
            ask()

    assert len(service.connections) == 1


def test_request_is_signed_for_the_gateway(service):
    service.respond = service.answer_json({"as_of": 3, "books": []})

    ask()

    signature = service.headers[0]["Authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=")
    assert "/eu-west-1/execute-api/aws4_request" in signature


@pytest.mark.parametrize("how", ["silence", "dribble_body", "dribble_headers"])
def test_budget_is_kept_whatever_the_service_does(service, how):
    slow = service.after(600, service.answer_json({"as_of": 3, "books": []}))
    service.respond = slow if how == "silence" else getattr(service, how)
    began = time.monotonic()

    with pytest.raises(ServiceTimeout):
        ask(seconds=BUDGET_SECONDS)

    assert 0.9 <= (time.monotonic() - began) / BUDGET_SECONDS <= AT_MOST_TIMES


def test_budget_is_kept_when_nobody_accepts_the_connection(settings):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [_connect(deaf) for _ in range(4)]  # fill the queue of connections
        settings.STRANGLER_SERVICE_URLS = {"shelf": f"http://127.0.0.1:{deaf.getsockname()[1]}"}
        began = time.monotonic()

        with pytest.raises(ServiceTimeout):
            ask(seconds=BUDGET_SECONDS)

        assert (time.monotonic() - began) / BUDGET_SECONDS <= AT_MOST_TIMES
        for connection in waiting:
            connection.close()


def _connect(listener):
    connection = socket.socket()
    connection.settimeout(0)
    connection.connect_ex(listener.getsockname())
    return connection


def test_spent_budget_asks_nobody(service):
    with pytest.raises(ServiceTimeout):
        ask(seconds=-1)

    assert service.asked == []


def test_refused_connection_is_unavailable(settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.STRANGLER_SERVICE_URLS = {"shelf": f"http://127.0.0.1:{unused.getsockname()[1]}"}

        with pytest.raises(ServiceUnavailable):
            ask()


def test_unknown_host_is_unavailable(settings):
    settings.STRANGLER_SERVICE_URLS = {"shelf": "http://nobody.invalid"}

    with pytest.raises((ServiceUnavailable, ServiceTimeout)):
        ask()


def test_service_that_hangs_up_is_unavailable_and_not_asked_again(service):
    service.respond = service.hang_up

    with pytest.raises(ServiceUnavailable):
        ask()

    assert len(service.asked) == 1


def test_answer_cut_short_is_unavailable(service):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"{")
        handler.close_connection = True

    service.respond = cut

    with pytest.raises(ServiceUnavailable):
        ask()


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_other_status_is_a_refusal(service, status):
    service.respond = service.answer_json({"message": "no"}, status)

    with pytest.raises(ServiceRefused) as refused:
        ask()

    assert (refused.value.status, refused.value.reason) == (status, f"status-{status}")


def test_refusal_tells_its_problem(service):
    service.respond = service.problem(404, "history-not-complete")

    with pytest.raises(ServiceRefused) as refused:
        ask()

    assert refused.value.reason == "history-not-complete"


@pytest.mark.parametrize("kind", ["x\r\nSet-Cookie: a", "", None, ["a"], "é"])
def test_problem_that_is_no_name_never_reaches_a_header(service, kind):
    service.respond = service.answer_json({"type": kind}, 500)

    with pytest.raises(ServiceRefused) as refused:
        ask()

    assert refused.value.reason == "status-500"


def test_redirection_is_not_followed(service):
    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", f"{service.url}/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    service.respond = redirect

    with pytest.raises(ServiceRefused):
        ask()

    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "body", [[], {}, {"as_of": "3", "books": []}, {"as_of": 3, "books": [1]}, None, {"as_of": 3}]
)
def test_answer_of_another_shape_is_malformed(service, body):
    service.respond = service.answer_json(body)

    with pytest.raises(ServiceAnswerMalformed):
        ask()


def test_answer_that_is_no_json_is_malformed(service):
    def page(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "6")
        handler.end_headers()
        handler.wfile.write(b"<html>")

    service.respond = page

    with pytest.raises(ServiceAnswerMalformed):
        ask()


def test_service_without_address_has_no_client(settings):
    settings.STRANGLER_SERVICE_URLS = {}

    assert client_for("shelf") is None


def test_local_endpoint_needs_no_credentials_of_anybody():
    credentials = clients._credentials("http://127.0.0.1:4566")

    assert credentials is not None
    assert credentials.access_key == "test"
