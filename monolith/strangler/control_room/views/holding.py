"""The way down, and holding still: roll back, pause, resume, kill, and lifting a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from monolith.strangler import operations
from monolith.strangler.control_room import access, previews, rail, rendering
from monolith.strangler.control_room.forms import EmergencyForm, PauseForm, ReasonForm, RollBackForm
from monolith.strangler.control_room.path_page import UnknownPath, check_known
from monolith.strangler.control_room.views.refusals import REFUSALS, add_refusal, state_changed
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import rung_called
from monolith.strangler.reporting import planned
from monolith.strangler.state.controls import EVERYTHING
from monolith.strangler.state.queries import get_state, rung_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from monolith.strangler.models import PathState

_either = require_http_methods(["GET", "HEAD", "POST"])


@_either
@access.requires(*access.ROLLING_BACK)
def roll_back(request: HttpRequest, path: str) -> HttpResponse:
    """Ask how far down and why, then go."""
    state = _state(path)
    here = rung_of(state)
    rungs = previews.rungs_below(here.name)
    if not rungs:
        messages.info(request, f"{path} is at {here} already.")
        return redirect("control_room:path", path)
    form = RollBackForm(
        request.POST or None, rungs=rungs, initial={"expected_version": state.version}
    )
    context = {
        "title": "Roll back",
        "path": path,
        "button": "Roll back",
        "look": "danger",
        "about": "In force within seconds, and nobody has to approve it. What was earned above has"
        " to be earned again.",
        "pips": rail.pips(here, rung_called(rungs[0])),
        "changes": planned.changes(here, rung_called(rungs[0])),
        "changes_to": rungs[0],
    }

    def act() -> Any:
        given = form.cleaned_data
        return operations.roll_back(
            path=path,
            to_rung=given["to_rung"],
            expected_version=given["expected_version"],
            **_said(request, form),
        )

    return _carry_out(request, form, context, act)


@_either
@access.requires(access.OPERATE)
def pause(request: HttpRequest, path: str) -> HttpResponse:
    """Ask for how long and why, then let nothing climb."""
    _state(path)
    form = PauseForm(request.POST or None)
    context = {
        "title": "Pause",
        "path": path,
        "button": "Pause",
        "about": "Nothing climbs until then. Reads go on as they are, and are watched as before.",
    }

    def act() -> Any:
        said, length = _said(request, form), form.length()
        until = None if length is None else said["at"] + length
        return operations.pause(path=path, until=until, **said)

    return _carry_out(request, form, context, act)


@_either
@access.requires(access.OPERATE)
def resume(request: HttpRequest, path: str) -> HttpResponse:
    """Ask why, then let the path climb again; a freeze is lifted at the bottom."""
    state = _state(path)
    let_go = operations.lift if state.hold == Hold.FROZEN else operations.resume
    form = EmergencyForm(request.POST or None)
    context = {
        "title": "Resume",
        "path": path,
        "button": "Resume",
        "about": f"Held by {state.hold_by or 'nobody'}: {state.hold_reason or 'no reason given'}.",
    }
    return _carry_out(request, form, context, lambda: let_go(path=path, **_said(request, form)))


@_either
@access.requires(access.KILL)
def kill(request: HttpRequest, path: str = EVERYTHING) -> HttpResponse:
    """Ask why, then let the monolith answer: one path, or everything."""
    _state(path)
    form = EmergencyForm(request.POST or None)
    context = {
        "title": _of("Kill", path),
        "path": "" if path == EVERYTHING else path,
        "button": _of("Kill", path),
        "look": "danger",
        "about": "The monolith answers every read within seconds, and nothing is compared."
        " The rung stays; lifting the kill needs somebody who may approve."
        " A retired path cannot be killed: it has no monolith.",
    }
    return _carry_out(
        request, form, context, lambda: operations.kill(path=path, **_said(request, form))
    )


@_either
@access.requires(access.APPROVE)
def unkill(request: HttpRequest, path: str = EVERYTHING) -> HttpResponse:
    """Ask why, then let reads go where the path stands."""
    _state(path)
    form = ReasonForm(request.POST or None)
    context = {
        "title": _of("Lift the kill of", path),
        "path": "" if path == EVERYTHING else path,
        "button": "Lift the kill",
        "about": "Reads go where the path stands, at once and for all customers of its share.",
    }
    return _carry_out(
        request, form, context, lambda: operations.unkill(path=path, **_said(request, form))
    )


def _carry_out(
    request: HttpRequest, form: forms.Form, context: dict[str, Any], act: Callable[[], Any]
) -> HttpResponse:
    """Show the form, or do what it asks for and tell what came of it."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                moved = act()
            except operations.StateChanged as changed:
                expected = form.cleaned_data["expected_version"]
                return state_changed(request, context["path"], expected, changed)
            except REFUSALS as refused:
                add_refusal(form, refused)
            else:
                messages.success(request, f"{context['title']}: done, v{moved.pk}.")
                return _onwards(context["path"])
    return rendering.page(request, "move", {"form": form, **context}, status=status)


def _onwards(path: str) -> HttpResponse:
    return redirect("control_room:path", path) if path else redirect("control_room:overview")


def _said(request: HttpRequest, form: forms.Form) -> dict[str, Any]:
    return {
        "actor": request.user.get_username(),
        "via": "web",
        "reason": form.cleaned_data["reason"],
        "at": timezone.now(),
    }


def _of(verb: str, path: str) -> str:
    return f"{verb} {'everything' if path == EVERYTHING else path}"


def _state(path: str) -> PathState:
    try:
        if path != EVERYTHING:
            check_known(path)
    except UnknownPath as unknown:
        raise Http404(f"no path is called {path}") from unknown
    return get_state(path)
