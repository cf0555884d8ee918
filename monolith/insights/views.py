"""The staff's page of insights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from monolith.insights import page
from monolith.insights.forms import QuestionForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_BAD_REQUEST = 400


@require_safe
@login_required
@permission_required("ordering.view_order", raise_exception=True)
def insights(request: HttpRequest) -> HttpResponse:
    """Answer all questions about a period; what cannot be read is said at its field."""
    form = QuestionForm(request.GET or _usual())
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context["page"] = page.build(
            form.cleaned_data["period"], stock_code=form.cleaned_data["stock_code"]
        )
    status = 200 if form.is_valid() else _BAD_REQUEST
    response = render(request, "insights/page.html", context, status=status)
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _usual() -> dict[str, str]:
    days = page.usual_period().days
    return {"first_day": days[0].isoformat(), "last_day": days[-1].isoformat()}
