"""The way up: look at what an advance would change, plan it, have it approved, carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from monolith.strangler import operations
from monolith.strangler.control_room import access, previews, rendering
from monolith.strangler.control_room.forms import AdvanceForm, ReasonForm
from monolith.strangler.control_room.path_page import UnknownPath, check_known
from monolith.strangler.control_room.views.refusals import REFUSALS, add_refusal, state_changed
from monolith.strangler.deciding.ladder import UnknownRung
from monolith.strangler.models import Plan

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from monolith.strangler.control_room.previews import Preview

UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(access.OPERATE)
def advance(request: HttpRequest, path: str) -> HttpResponse:
    """Show what going up would change; the button writes it down as a plan."""
    wanted = _preview(path, request.POST.get("to") or request.GET.get("to"))
    if request.method == "POST":
        try:
            plan = operations.plan(
                path=path,
                to_rung=wanted.after,
                actor=request.user.get_username(),
                at=timezone.now(),
            )
        except REFUSALS as refused:
            messages.error(request, str(refused))
        else:
            return redirect("control_room:plan", path, plan.pk)
    rungs = previews.rungs_above(wanted.before)
    return rendering.page(request, "advance", {"it": wanted, "rungs": rungs, "path": path})


@require_safe
@access.requires(*access.LOOKING)
def plan(request: HttpRequest, path: str, plan_id: int) -> HttpResponse:
    """Show a plan: what it changes, who agreed, and the forms to agree and to carry it out."""
    return _plan_page(request, get_object_or_404(Plan, pk=plan_id, path=path))


@require_POST
@access.requires(access.APPROVE)
def approve(request: HttpRequest, path: str, plan_id: int) -> HttpResponse:
    """Say yes to somebody else's plan."""
    wanted = get_object_or_404(Plan, pk=plan_id, path=path)
    form = ReasonForm(request.POST, auto_id="approve-%s")
    if not form.is_valid():
        return _plan_page(request, wanted, approving=form, status=UNPROCESSABLE)
    try:
        operations.approve(
            plan_id=plan_id,
            actor=request.user.get_username(),
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )
    except operations.StateChanged as changed:
        return state_changed(request, path, wanted.state_version, changed)
    except REFUSALS as refused:
        add_refusal(form, refused)
        return _plan_page(request, wanted, approving=form, status=UNPROCESSABLE)
    messages.success(request, f"Plan {plan_id} is approved.")
    return redirect("control_room:plan", path, plan_id)


@require_POST
@access.requires(access.OPERATE)
def carry_out(request: HttpRequest, path: str, plan_id: int) -> HttpResponse:
    """Carry a plan out."""
    wanted = get_object_or_404(Plan, pk=plan_id, path=path)
    form = _advance_form(wanted, _preview(path, wanted.rung), request)
    if not form.is_valid():
        return _plan_page(request, wanted, advancing=form, status=UNPROCESSABLE)
    given = form.cleaned_data
    try:
        moved = operations.advance(
            plan_id=plan_id,
            actor=request.user.get_username(),
            via="web",
            reason=given["reason"],
            ticket=given["ticket"],
            at=timezone.now(),
            expected_version=given["expected_version"],
        )
    except operations.StateChanged as changed:
        return state_changed(request, path, given["expected_version"], changed)
    except REFUSALS as refused:
        add_refusal(form, refused)
        return _plan_page(request, wanted, advancing=form, status=UNPROCESSABLE)
    messages.success(request, f"{path} goes from {wanted.from_rung} to {wanted.rung}: v{moved.pk}.")
    return redirect("control_room:path", path)


def _plan_page(
    request: HttpRequest,
    wanted: Plan,
    *,
    approving: forms.Form | None = None,
    advancing: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = _preview(wanted.path, wanted.rung)
    facts = previews.plan_facts(wanted, shown.version, timezone.now())
    context = {
        "it": shown,
        "plan": facts,
        "path": wanted.path,
        "is_own": wanted.requested_by == request.user.get_username(),
        "approving": approving or ReasonForm(auto_id="approve-%s"),
        "advancing": advancing or _advance_form(wanted, shown),
    }
    return rendering.page(request, "plan", context, status=status)


def _advance_form(wanted: Plan, shown: Preview, request: HttpRequest | None = None) -> AdvanceForm:
    return AdvanceForm(
        request.POST if request else None,
        path=wanted.path,
        must_type_name=shown.must_type_name,
        auto_id="advance-%s",
        initial={"expected_version": wanted.state_version},
    )


def _preview(path: str, to: str | None) -> Preview:
    try:
        check_known(path)
        return previews.preview(path, to, timezone.now())
    except (UnknownPath, UnknownRung) as unknown:
        raise Http404(str(unknown)) from unknown
