from __future__ import annotations

import json

import pytest

from extracted_services.lambda_support.responding import json_response, problem, respond
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import get_orders


class Context:
    aws_request_id = "request-1"


@pytest.fixture
def lines():
    return LogLines()


def test_answer_is_json():
    response = json_response({"name": "CAFÉ", "pence": 255})

    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "application/json"
    assert json.loads(response["body"]) == {"name": "CAFÉ", "pence": 255}


def test_problem_names_its_type_and_carries_its_members():
    response = problem(400, "bad-parameter", "Bad parameter", parameter="limit")

    assert response["statusCode"] == 400
    assert response["headers"]["content-type"] == "application/problem+json"
    assert json.loads(response["body"]) == {
        "type": "/problems/bad-parameter",
        "title": "Bad parameter",
        "status": 400,
        "parameter": "limit",
    }


def test_request_is_given_with_its_path_and_parameters(lines):
    event = get_orders("17850", limit="5")

    response = respond(
        event,
        Context(),
        lambda request: json_response([request.path, request.parameters]),
        lines.logger,
    )

    assert json.loads(response["body"]) == [{"id": "17850"}, {"limit": "5"}]


def test_request_without_parameters_has_none(lines):
    response = respond(
        get_orders("17850"),
        Context(),
        lambda request: json_response(request.parameters),
        lines.logger,
    )

    assert json.loads(response["body"]) == {}


def test_line_tells_what_was_answered_and_counts_it(lines):
    respond(get_orders("17850"), Context(), lambda _: json_response({}), lines.logger)

    (line,) = lines.read()
    assert line["duration_ms"] >= 0
    assert (
        line
        | {
            "message": "request answered",
            "route": "GET /customers/{id}/orders",
            "path": "/customers/17850/orders",
            "status": "200",
            "requests": 1,
            "request_id": "request-1",
        }
        == line
    )
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "status"]]


def test_unforeseen_error_stays_in_the_log(lines):
    def fail(_request):
        raise RuntimeError("secret of the house")

    response = respond(get_orders("17850"), Context(), fail, lines.logger)

    failed, answered = lines.read()
    assert response["statusCode"] == 500
    assert json.loads(response["body"]) == {
        "type": "/problems/internal-error",
        "title": "Something went wrong",
        "status": 500,
        "request_id": "request-1",
    }
    assert "secret of the house" in failed["exception"]
    assert answered["status"] == "500"
