"""What an HTTP API answers when its Lambda failed: AWS says 500, ministack the REST API's 502."""

from __future__ import annotations

import json
from contextvars import ContextVar
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ministack.services import apigateway, lambda_svc

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_is_http_api: ContextVar[bool] = ContextVar("is_http_api", default=False)


def install() -> None:
    """Shape errors of HTTP API integrations as AWS does."""
    apigateway._invoke_lambda_proxy = _marked(apigateway._invoke_lambda_proxy)  # noqa: SLF001
    lambda_svc.lambda_execute_result_to_api_proxy_response = _shaped(
        lambda_svc.lambda_execute_result_to_api_proxy_response
    )


def _marked(invoke: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def invoke_for_http_api(*arguments: Any, **options: Any) -> Any:
        token = _is_http_api.set(True)
        try:
            return await invoke(*arguments, **options)
        finally:
            _is_http_api.reset(token)

    return invoke_for_http_api


def _shaped(shape: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def shape_error(result: dict[str, Any]) -> Any:
        if not (_is_http_api.get() and result.get("error")):
            return shape(result)
        if result.get("throttle") or result.get("host_down"):
            return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable"), None
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error"), None

    return shape_error


def _problem(status: HTTPStatus, message: str) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": message}),
    }
