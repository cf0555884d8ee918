"""Pages that are only looked at: the overview, a path, and the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import conditional_page, require_safe

from monolith.strangler import registry
from monolith.strangler.control_room import (
    access,
    audit_page,
    feed,
    filling_pages,
    listings,
    mismatch_pages,
    rendering,
)
from monolith.strangler.control_room.forms import ExplainForm
from monolith.strangler.control_room.overview import build_overview
from monolith.strangler.control_room.path_page import UnknownPath, build_path_page, check_known
from monolith.strangler.models import Signature

if TYPE_CHECKING:
    from django.http import HttpRequest

    from monolith.strangler.control_room.path_page import PathPage


@require_safe
@access.requires(*access.LOOKING)
def overview(request: HttpRequest) -> HttpResponse:
    """Show all paths."""
    room = build_overview(timezone.now())
    return rendering.page(request, "overview", {"room": room})


@require_safe
@access.requires(*access.LOOKING)
@conditional_page
def overview_live(request: HttpRequest) -> HttpResponse:
    """Show the part of the overview that changes; 304 while it has not."""
    room = build_overview(timezone.now())
    return rendering.page(request, "overview_live", {"room": room})


@require_safe
@access.requires(*access.LOOKING)
def path(request: HttpRequest, path: str) -> HttpResponse:
    """Show one path."""
    return rendering.page(request, "path", {"it": _path_page(request, path), "path": path})


@require_safe
@access.requires(*access.LOOKING)
@conditional_page
def path_live(request: HttpRequest, path: str) -> HttpResponse:
    """Show the part of a path's page that changes; 304 while it has not."""
    return rendering.page(request, "path_live", {"it": _path_page(request, path), "path": path})


@require_safe
@access.requires(*access.LOOKING)
def mismatches(request: HttpRequest, path: str) -> HttpResponse:
    """Show what disagreed on a path."""
    _known(path)
    kind = request.GET.get("kind", "")
    it = mismatch_pages.build_mismatches(path, kind, timezone.now())
    return rendering.page(request, "mismatches", {"it": it, "path": path})


@require_safe
@access.requires(*access.LOOKING)
def signature(request: HttpRequest, path: str, signature_id: int) -> HttpResponse:
    """Show the samples of one kind of disagreement."""
    found = get_object_or_404(Signature, pk=signature_id, path=path)
    it = mismatch_pages.build_signature(path, found, timezone.now())
    return rendering.page(request, "signature", {"it": it, "path": path})


@require_safe
@access.requires(*access.LOOKING)
def backfill(request: HttpRequest, path: str) -> HttpResponse:
    """Show how a path's service is filled."""
    _known(path)
    it = filling_pages.build_backfill(path, timezone.now())
    return rendering.page(request, "backfill", {"it": it, "path": path})


@require_safe
@access.requires(*access.LOOKING)
@conditional_page
def backfill_live(request: HttpRequest, path: str) -> HttpResponse:
    """Show the part of the backfill's page that changes; 304 while it has not."""
    _known(path)
    it = filling_pages.build_backfill(path, timezone.now())
    return rendering.page(request, "backfill_live", {"it": it, "path": path})


@require_safe
@access.requires(*access.LOOKING)
def reconcile(request: HttpRequest, path: str) -> HttpResponse:
    """Show how a path's service was compared key by key."""
    _known(path)
    it = filling_pages.build_reconcile(path, timezone.now())
    return rendering.page(request, "reconcile", {"it": it, "path": path})


@require_safe
@access.requires(*access.LOOKING)
def rules(request: HttpRequest) -> HttpResponse:
    """Show the differences that are agreed not to matter."""
    return rendering.page(request, "rules", {"rules": listings.list_rules(timezone.now())})


@require_safe
@access.requires(*access.LOOKING)
def drills(request: HttpRequest) -> HttpResponse:
    """Show the rehearsals."""
    return rendering.page(request, "drills", {"drills": listings.list_drills(timezone.now())})


@require_safe
@access.requires(*access.LOOKING)
def approvals(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person."""
    it = listings.list_approvals(request.user.get_username(), timezone.now())
    return rendering.page(request, "approvals", {"it": it})


@require_safe
@access.requires(*access.LOOKING)
def audit(request: HttpRequest) -> HttpResponse:
    """Show every change, and whether the chain is whole."""
    it = audit_page.build_audit(request.GET.get("path", ""), request.GET.get("page", "1"))
    return rendering.page(request, "audit", {"it": it, "paths": registry.names()})


@require_safe
@access.requires(*access.LOOKING)
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out every change as CSV."""
    rows = audit_page.as_csv(request.GET.get("path", ""))
    return _download(rows, "text/csv; charset=utf-8", "audit.csv")


@require_safe
@access.requires(*access.LOOKING)
def audit_json(request: HttpRequest) -> StreamingHttpResponse:
    """Hand out every change as JSON, one to a line."""
    rows = audit_page.as_json(request.GET.get("path", ""))
    return _download(rows, "application/x-ndjson", "audit.jsonl")


@require_safe
@access.requires(*access.LOOKING)
def explain(request: HttpRequest) -> HttpResponse:
    """Tell why a read is answered from where it is, or was."""
    form = ExplainForm(request.GET or None, paths=registry.names())
    context: dict[str, object] = {"form": form, "is_asked": form.is_valid()}
    if form.is_valid():
        context |= _explained(**form.cleaned_data)
    return rendering.page(request, "explain", context)


@require_safe
def migrations_json(request: HttpRequest) -> JsonResponse:
    """Hand out the overview as JSON."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "sign in first"}, status=401)
    if refusal := access.refusal_of(request.user, *access.LOOKING):
        return JsonResponse({"detail": refusal}, status=403)
    response = JsonResponse(build_json(), json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "private, no-cache"
    return response


def build_json() -> dict[str, object]:
    """Build what is handed out, as of now."""
    return feed.build_feed(timezone.now())


def _explained(*, path: str, subject: str, request_id: str) -> dict[str, object]:
    if request_id:
        return {"recorded": listings.find_reads(request_id=request_id)}
    if not (path and subject):
        return {"is_asked": False}
    return {
        "now": listings.explain_subject(path, subject, timezone.now()),
        "recorded": listings.find_reads(path=path, subject=subject),
    }


def _path_page(request: HttpRequest, path: str) -> PathPage:
    try:
        return build_path_page(path, request.user, timezone.now())
    except UnknownPath as unknown:
        raise Http404(f"no path is called {path}") from unknown


def _known(path: str) -> None:
    try:
        check_known(path)
    except UnknownPath as unknown:
        raise Http404(f"no path is called {path}") from unknown


def _download(rows: object, content_type: str, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(rows, content_type=content_type)  # type: ignore[arg-type]
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
