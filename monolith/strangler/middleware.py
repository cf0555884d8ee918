"""Tells who answered a request's moving reads: `X-Read-Path`, with details for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler import routing
from monolith.strangler.routing import RequestReads

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from monolith.strangler.routing import Answered

HEADER = "X-Read-Path"
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


class ReadPath:
    """Notes the reads of each request; templates find them as `request.read_path.answered`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and say who answered its moving reads."""
        reads = RequestReads(request.session, has_no_memory="Authorization" in request.headers)
        request.read_path = reads  # type: ignore[attr-defined]
        with routing.noting_reads(reads):
            response = self._get_response(request)
        if request.method not in _SAFE:
            reads.note_write()
        if reads.answered:
            is_staff = request.user.is_staff
            response[HEADER] = ", ".join(_said(answer, is_staff) for answer in reads.answered)
        return response


def _said(answer: Answered, is_staff: bool) -> str:  # noqa: FBT001
    said = f"{answer.path}={answer.source}; reason={answer.reason}"
    if is_staff:
        said += f"; as_of={answer.as_of}; ms={answer.milliseconds:.1f}"
    return said
