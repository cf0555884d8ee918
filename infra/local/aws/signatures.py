"""Checks SigV4 signatures on AWS_IAM routes of HTTP APIs, where ministack takes any header for one.

Locally the secret key is "test", whatever the access key. Policies are not evaluated.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core import sigv4
from ministack.services import apigateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SECRET_KEY = "test"  # noqa: S105 - the local platform's, known to all

_raw_path: ContextVar[str] = ContextVar("raw_path", default="/")
_request: ContextVar[SignedRequest | None] = ContextVar("request", default=None)


class SignatureRefused(Exception):
    """The request is not signed as AWS would have it."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers, besides the headers and the query."""

    method: str
    body: bytes


def remembering_path(application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Keep the path as it was sent, for it is what was signed."""

    async def remember_and_pass_on(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            _raw_path.set(scope["raw_path"].decode("latin-1"))
        await application(scope, receive, send)

    return remember_and_pass_on


def install() -> None:
    """Refuse what is wrongly signed."""
    apigateway._handle_execute_in_scope = _refusing(apigateway._handle_execute_in_scope)  # noqa: SLF001
    apigateway._iam_caller_identity_v2 = _checked(apigateway._iam_caller_identity_v2)  # noqa: SLF001


def _refusing(execute: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def execute_or_refuse(
        api_id: str, stage: str, path: str, method: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        _request.set(SignedRequest(method, body or b""))
        try:
            return await execute(api_id, stage, path, method, headers, body, *rest)
        except SignatureRefused:
            return apigateway._jwt_forbidden()  # noqa: SLF001

    return execute_or_refuse


def _checked(identify: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def check_and_identify(headers: dict[str, str], query: dict[str, Any]) -> Any:
        request = _request.get() or SignedRequest("GET", b"")
        signature = sigv4.parse_header_signature(headers)
        if isinstance(signature, tuple):
            raise SignatureRefused(signature)
        failure = sigv4.request_time_failure(signature) or sigv4.header_signature_failure(
            signature, SECRET_KEY, request.method, _raw_path.get(), query, headers, request.body
        )
        if failure or signature.service != "execute-api":
            raise SignatureRefused(failure)
        return identify(headers, query)

    return check_and_identify
