"""CORS of HTTP APIs, where ministack's differs from AWS's.

A configuration out of a template is kept in CloudFormation's spelling, in which nothing finds it,
and what an authorizer refuses goes without the headers that let a page see the refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services import apigateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def install() -> None:
    """Answer pages of other origins as AWS does."""
    for name in ("_cors_response_headers", "_cors_preflight_response"):
        setattr(apigateway, name, _respelling(getattr(apigateway, name)))
    apigateway._handle_execute_in_scope = _with_headers(apigateway._handle_execute_in_scope)  # noqa: SLF001


def _respelling(answer: Callable[[dict[str, Any], str], Any]) -> Callable[..., Any]:
    def answer_by(configuration: dict[str, Any], origin: str) -> Any:
        # `AllowOrigins` in templates, `allowOrigins` in the API.
        spelt = {name[:1].lower() + name[1:]: value for name, value in configuration.items()}
        return answer(spelt, origin)

    return answer_by


def _with_headers(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def execute_and_add(
        api_id: str, stage: str, path: str, method: str, headers: dict[str, str], *rest: Any
    ) -> Any:
        status, answered, body = await execute(api_id, stage, path, method, headers, *rest)
        configuration = (apigateway._apis.get(api_id) or {}).get("corsConfiguration") or {}  # noqa: SLF001
        origin = headers.get("origin") or headers.get("Origin", "")
        return status, answered | apigateway._cors_response_headers(configuration, origin), body  # noqa: SLF001

    return execute_and_add
