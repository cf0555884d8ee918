"""What every page of the control room says at its top, and how its live parts are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from monolith.strangler.control_room import access

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_ROLES = {
    access.REVEAL: "reveals",
    access.KILL: "kills",
    access.APPROVE: "approves",
    access.OPERATE: "operates",
}


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with a whole page; nobody keeps it, because it may be wrong in a moment."""
    context = {**frame(request), **context}
    response = render(request, f"strangler/room/{template}.html", context, status=status)
    patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
    return response


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what stands around every page: the environment, the profile and who is looking."""
    profile = getattr(settings, "STRANGLER_PROFILE", "standard")
    return {
        "environment": _environment(),
        "profile": profile,
        "is_demo": profile == "demo",
        "roles": _roles(request.user),
        "may_kill": access.may(request.user, access.KILL),
        "may_operate": access.may(request.user, access.OPERATE),
        "may_approve": access.may(request.user, access.APPROVE),
        "may_reveal": access.may(request.user, access.REVEAL),
        "looked_at": timezone.localtime(),
    }


def _environment() -> str:
    named = getattr(settings, "STRANGLER_ENVIRONMENT", "")
    return named or ("local" if getattr(settings, "IS_LOCAL", False) else "production")


def _roles(user: access.User) -> str:
    roles = [said for permission, said in reversed(_ROLES.items()) if access.may(user, permission)]
    return ", ".join(roles) or "looks"
