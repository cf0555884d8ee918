"""Steering what is under way: the knobs of a backfill, and what a disagreement comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from monolith.strangler import backfill, mismatches
from monolith.strangler.backfill.steering import find_open
from monolith.strangler.control_room import access, rendering
from monolith.strangler.control_room.forms import ExplanationForm, KnobsForm
from monolith.strangler.control_room.path_page import UnknownPath, check_known
from monolith.strangler.models import Signature
from monolith.strangler.state.audit import Who

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

_either = require_http_methods(["GET", "HEAD", "POST"])
_STATES = {"pause": backfill.pause, "resume": backfill.resume}


@_either
@access.requires(access.OPERATE)
def steer_backfill(request: HttpRequest, path: str) -> HttpResponse:
    """Ask how the knobs are to stand and why, then turn those that stand otherwise."""
    try:
        check_known(path)
        knobs = backfill.knobs_of(find_open(path))
    except UnknownPath as unknown:
        raise Http404(f"no path is called {path}") from unknown
    except backfill.NoBackfill as none:
        messages.info(request, f"{str(none).capitalize()}.")
        return redirect("control_room:backfill", path)
    form = KnobsForm(request.POST or None, knobs=knobs)
    context = {
        "title": "Steer the backfill",
        "path": path,
        "button": "Steer",
        "about": "In force before the next chunk, whichever process is at it.",
    }
    if request.method == "POST" and form.is_valid():
        try:
            _steer(path, form, _who(request, form.cleaned_data["reason"]))
        except backfill.NoBackfill as ended:
            form.add_error(None, str(ended))
        else:
            messages.success(request, "The backfill is steered.")
            return redirect("control_room:backfill", path)
    return _page(request, form, context)


@transaction.atomic
def _steer(path: str, form: KnobsForm, who: Who) -> None:
    if turned := form.turned():
        backfill.turn(path, turned, who)
    if form.cleaned_data["state"]:
        _STATES[form.cleaned_data["state"]](path, who)


@_either
@access.requires(access.OPERATE)
def explain_signature(request: HttpRequest, path: str, signature_id: int) -> HttpResponse:
    """Ask what a kind of disagreement comes from, and note it: it holds back no gate then."""
    signature = get_object_or_404(Signature, pk=signature_id, path=path)
    user = request.user.get_username()
    form = ExplanationForm(request.POST or None, initial={"owner": user})
    context = {
        "title": f"Explain {signature.digest}",
        "path": path,
        "button": "Explain",
        "about": f"{', '.join(signature.places)}: {signature.outcome}, seen {signature.count}"
        " times. Once it is explained it holds back no gate, however often it is seen again.",
    }
    if request.method == "POST" and form.is_valid():
        mismatches.explain(
            path,
            signature.digest,
            owner=form.cleaned_data["owner"],
            who=_who(request, form.cleaned_data["reason"]),
        )
        messages.success(request, f"{signature.digest} is explained.")
        return redirect("control_room:signature", path, signature_id)
    return _page(request, form, context)


def _page(request: HttpRequest, form: forms.Form, context: dict[str, str]) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return rendering.page(request, "move", {"form": form, **context}, status=status)


def _who(request: HttpRequest, reason: str) -> Who:
    return Who(actor=request.user.get_username(), reason=reason, at=timezone.now(), via="web")
