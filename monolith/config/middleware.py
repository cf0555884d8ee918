"""One log line per request, with an id that every other line of the request carries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = structlog.get_logger(__name__)
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


class RequestLog:
    """Logs method, path, status and milliseconds; the probes and static files stay silent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and tell how it went."""
        request_id = request.headers.get("X-Request-Id", "")[:64] or uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            began = time.perf_counter()
            response = self._get_response(request)
            response["X-Request-Id"] = request_id
            if not request.path.startswith(_QUIET):
                _log(request, response, time.perf_counter() - began)
        return response


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    logger.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
    )
