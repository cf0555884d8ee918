"""HTTP APIs in front of functions: payload format 2.0, errors, and the AWS_IAM authoriser."""

from __future__ import annotations

import json

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conformance.local_platform import ACCOUNT, REGION, unique


@pytest.fixture(scope="module")
def http():
    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        yield pool


@pytest.fixture(scope="module")
def url(platform):
    return create_api(platform, AuthorizationType="NONE")


@pytest.fixture(scope="module")
def closed_url(platform):
    return create_api(platform, AuthorizationType="AWS_IAM")


def create_api(platform, **route_options):
    api = platform.client("apigatewayv2")
    function = platform.create_function("echo.on_http")
    api_id = api.create_api(Name=unique("api"), ProtocolType="HTTP")["ApiId"]
    integration_id = api.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        PayloadFormatVersion="2.0",
        IntegrationUri=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
    )["IntegrationId"]
    for route in ("GET /customers/{id}/orders", "GET /broken"):
        api.create_route(
            ApiId=api_id, RouteKey=route, Target=f"integrations/{integration_id}", **route_options
        )
    api.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    return f"{platform.endpoint}/_aws/execute-api/{api_id}/$default"


def test_handler_gets_path_query_and_headers_in_payload_2(http, url):
    answer = http.request(
        "GET", f"{url}/customers/7/orders?status=placed&limit=20", headers={"X-Trace": "abc"}
    )

    event = json.loads(answer.data)
    assert answer.status == 200
    assert answer.headers["X-Answered"] == "yes"
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /customers/{id}/orders"
    assert event["rawPath"].endswith("/customers/7/orders")
    assert event["pathParameters"] == {"id": "7"}
    assert event["queryStringParameters"] == {"status": "placed", "limit": "20"}
    assert event["headers"]["x-trace"] == "abc"
    assert event["requestContext"]["http"]["method"] == "GET"


def test_question_mark_values_arrive_decoded(http, url):
    answer = http.request(
        "GET", f"{url}/customers/7/orders", fields={"before": "2011-08-01T09:00:00+00:00~536365"}
    )

    before = json.loads(answer.data)["queryStringParameters"]["before"]
    assert before == "2011-08-01T09:00:00+00:00~536365"


def test_unknown_route_is_not_found(http, url):
    answer = http.request("GET", f"{url}/elsewhere")

    assert answer.status == 404
    assert json.loads(answer.data) == {"message": "Not Found"}


def test_error_of_the_handler_is_an_internal_server_error(http, url):
    answer = http.request("GET", f"{url}/broken")

    assert answer.status == 500
    assert json.loads(answer.data) == {"message": "Internal Server Error"}


def test_unsigned_request_is_forbidden(http, closed_url):
    answer = http.request("GET", f"{closed_url}/customers/7/orders")

    assert answer.status == 403
    assert json.loads(answer.data) == {"message": "Forbidden"}


def signed(url, *, secret_key="test", service="execute-api", **parameters):
    """Return the URL and headers of a signed GET, as a client with botocore makes them."""
    request = AWSRequest("GET", url, params=parameters)
    SigV4Auth(Credentials("test", secret_key), service, REGION).add_auth(request)
    prepared = request.prepare()
    return {"url": prepared.url, "headers": dict(prepared.headers)}


def test_signed_request_is_answered(http, closed_url):
    request = signed(
        f"{closed_url}/customers/7/orders", status="placed", before="2011-08-01T09:00+00:00~536365"
    )

    answer = http.request("GET", **request)

    assert answer.status == 200
    assert json.loads(answer.data)["queryStringParameters"] == {
        "status": "placed",
        "before": "2011-08-01T09:00+00:00~536365",
    }


@pytest.mark.parametrize("wrong", [{"secret_key": "guessed"}, {"service": "sqs"}])
def test_wrongly_signed_request_is_forbidden(http, closed_url, wrong):
    answer = http.request("GET", **signed(f"{closed_url}/customers/7/orders", **wrong))

    assert answer.status == 403


def test_signature_of_another_query_is_forbidden(http, closed_url):
    request = signed(f"{closed_url}/customers/7/orders", status="placed")

    answer = http.request("GET", request["url"] + "x", headers=request["headers"])

    assert answer.status == 403
