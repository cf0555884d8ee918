"""Tells who answered a request's moving reads: `X-Read-Path`, with details for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.template.response import TemplateResponse

from monolith.strangler.routing import AnswerUnavailable
from monolith.strangler.routing.request_reads import VISITOR_COOKIE, RequestReads, noting_reads

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from monolith.strangler.routing.request_reads import Answered

HEADER = "X-Read-Path"
_VISITOR_SECONDS = 365 * 86_400
_RETRY_SECONDS = 5


class ReadPath:
    """Notes the reads of each request; templates find them as `request.read_path.answered`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, say who answered its moving reads, and let them be compared."""
        reads = RequestReads(request)
        request.read_path = reads  # type: ignore[attr-defined]
        with noting_reads(reads):
            response = self._get_response(request)
        if reads.answered:
            response[HEADER] = ", ".join(_said(answer, reads.is_staff) for answer in reads.answered)
        if reads.new_visitor:
            _remember(response, reads.new_visitor)
        for compare in reads.afterwards:
            compare()
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503, politely, where a path stands alone and its service does not answer."""
        if not isinstance(error, AnswerUnavailable):
            return None
        response = TemplateResponse(request, "strangler/unavailable.html", status=503)
        response["Retry-After"] = str(_RETRY_SECONDS)
        return response


def _said(answer: Answered, is_staff: bool) -> str:  # noqa: FBT001
    said = f"{answer.path}={answer.source}; reason={answer.reason}"
    if is_staff:
        said += f"; as_of={answer.as_of}; ms={answer.milliseconds:.1f}"
    return said


def _remember(response: HttpResponse, visitor: str) -> None:
    response.set_signed_cookie(
        VISITOR_COOKIE,
        visitor,
        max_age=_VISITOR_SECONDS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
