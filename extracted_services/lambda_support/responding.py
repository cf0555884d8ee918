"""From an HTTP API request (payload version 2) to its response; errors as RFC 9457 problems."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extracted_services.lambda_support.observability import Fields, with_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.logging import Logger

UNITS = {"requests": "Count", "duration_ms": "Milliseconds"}

Response = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The parts of a request that a read depends on: its route as `GET /things/{id}`, and so on.

    `caller` is what a Lambda authorizer found out about who asks: edge_callers.py.
    """

    route: str
    path: dict[str, str]
    parameters: dict[str, str]
    caller: dict[str, Any] | None = None


def json_response(body: Any) -> Response:
    """Answer 200 with a JSON body."""
    return _response(200, "application/json", body)


def problem(status: int, name: str, title: str, **members: Any) -> Response:
    """Answer with a problem: `type` ends in its name, `members` such as `detail` are added."""
    body = {"type": f"/problems/{name}", "title": title, "status": status, **members}
    return _response(status, "application/problem+json", body)


def respond(
    event: dict[str, Any],
    context: Any,
    answer: Callable[[Request], Response],
    logger: Logger,
    *,
    build: str = "",
) -> Response:
    """Answer a request and log a line about it; whatever was not foreseen stays in the log.

    The header `x-build` says which `build` of the service answered, if that is known.
    """
    started = time.perf_counter()
    request_id = getattr(context, "aws_request_id", None)
    try:
        response = answer(_read_request(event))
    except Exception:
        logger.exception("request failed", extra={"request_id": request_id})
        response = problem(500, "internal-error", "Something went wrong", request_id=request_id)
    logger.info("request answered", extra=_line(event, response, request_id, started))
    return _stamped(response, build) if build else response


def _read_request(event: dict[str, Any]) -> Request:
    # API Gateway leaves both out, rather than empty, when there are none.
    return Request(
        route=event["routeKey"],
        path=event.get("pathParameters") or {},
        parameters=event.get("queryStringParameters") or {},
        caller=(event.get("requestContext", {}).get("authorizer") or {}).get("lambda"),
    )


def _stamped(response: Response, build: str) -> Response:
    return response | {"headers": response["headers"] | {"x-build": build}}


def _response(status: int, content_type: str, body: Any) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "cache-control": "no-store"},
        "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
    }


def _line(
    event: dict[str, Any], response: Response, request_id: str | None, started: float
) -> Fields:
    fields = {
        "route": event.get("routeKey"),
        "path": event.get("rawPath"),
        "status": str(response["statusCode"]),
        "requests": 1,
        "duration_ms": round((time.perf_counter() - started) * 1000, 2),
        "request_id": request_id,
        "traceparent": (event.get("headers") or {}).get("traceparent"),
    }
    return with_metrics(fields, UNITS, by=("service", "status"))
