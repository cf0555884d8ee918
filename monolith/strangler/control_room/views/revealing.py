"""Looking at the values of a disagreement: for a reason, and noted for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from monolith.strangler import mismatches
from monolith.strangler.control_room import access, mismatch_pages, rendering, tables
from monolith.strangler.control_room.forms import ReasonForm
from monolith.strangler.models import Sample

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(access.REVEAL)
def reveal(request: HttpRequest, path: str, sample_id: int) -> HttpResponse:
    """Ask why, then show the values, once: they are on no page that can be gone back to."""
    sample = get_object_or_404(
        Sample.objects.select_related("signature"), pk=sample_id, signature__path=path
    )
    form = ReasonForm(request.POST or None)
    context = {
        "path": path,
        "form": form,
        "sample": mismatch_pages.sample_view(sample, timezone.now()),
    }
    if request.method == "POST" and form.is_valid():
        values = mismatches.reveal(
            sample_id=sample_id,
            by=request.user.get_username(),
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
        response = rendering.page(request, "revealed", {**context, "values": tables.pretty(values)})
        response["Cache-Control"] = "no-store"
        return response
    status = 422 if request.method == "POST" else 200
    return rendering.page(request, "reveal", context, status=status)
