"""Who may do what in the control room. Whoever may act may look."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    View: TypeAlias = Callable[..., HttpResponseBase]

User: TypeAlias = AbstractUser | AnonymousUser

OPERATE, APPROVE, KILL, REVEAL = "operate_paths", "approve_plans", "kill_paths", "reveal_samples"
LOOK = "view_control_room"
# Whoever may lead a path up may lead it down again.
ROLLING_BACK = (KILL, OPERATE)
LOOKING = (LOOK, OPERATE, APPROVE, KILL, REVEAL)


def may(user: User, *permissions: str) -> bool:
    """Tell whether a user has one of these permissions."""
    return any(user.has_perm(f"strangler.{permission}") for permission in permissions)


def refusal_of(user: User, *permissions: str) -> str:
    """Say which permission is missing, or nothing if one of them is there."""
    if may(user, *permissions):
        return ""
    return f"you need the permission {' or '.join(permissions)}"


def requires(*permissions: str) -> Callable[[View], View]:
    """Let a view be seen with one of these permissions; strangers are asked to sign in first."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _asked_to_sign_in(request)
            if refusal := refusal_of(request.user, *permissions):
                raise PermissionDenied(refusal)
            return view(request, *args, **kwargs)

        return guarded

    return guard


def _asked_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    # A page that refreshes itself must not be filled with the page to sign in at.
    if "HX-Request" in request.headers:
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path())
