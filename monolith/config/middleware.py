"""One span and one log line per request, with an id that every other line of it carries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from opentelemetry.context import Context

logger = structlog.get_logger(__name__)
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
_W3C = TraceContextTextMapPropagator()
_SERVER_ERROR = 500


class RequestSpan:
    """Traces requests, within the caller's trace if the header `traceparent` names one.

    Where no traces are recorded, what the header names still goes on into the events.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within its span; the probes and static files have none."""
        if request.path.startswith(_QUIET):
            return self._get_response(request)
        span = trace.get_tracer(__name__).start_span(
            request.method or "HTTP", context=_callers_context(request), kind=trace.SpanKind.SERVER
        )
        with trace.use_span(span, end_on_exit=True):
            response = self._get_response(request)
            _describe(span, request, response)
        return response


def _callers_context(request: HttpRequest) -> Context:
    names = ("traceparent", "tracestate")
    return _W3C.extract({name: request.headers[name] for name in names if name in request.headers})


def _describe(span: trace.Span, request: HttpRequest, response: HttpResponse) -> None:
    attributes: dict[str, str | int] = {
        "http.request.method": request.method or "",
        "url.path": request.path,
        "http.response.status_code": response.status_code,
    }
    if request.resolver_match is not None:
        attributes["http.route"] = f"/{request.resolver_match.route}"
        span.update_name(f"{request.method} {attributes['http.route']}")
    if response.status_code >= _SERVER_ERROR:
        span.set_status(trace.StatusCode.ERROR)
    span.set_attributes(attributes)


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
