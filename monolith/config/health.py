"""`/healthz`: the process lives. `/readyz`: it can do its work; staff see the details."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 2


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether everything that this process depends on answers: 200 or 503."""
    findings = {name: _finding(probe) for name, probe in _PROBES.items()}
    is_ready = all(finding == "ok" for finding in findings.values())
    answer: dict[str, object] = {"ready": is_ready}
    if request.user.is_staff:
        answer["checks"] = findings
    return JsonResponse(answer, status=200 if is_ready else 503)


def _finding(probe: Callable[[], str]) -> str:
    try:
        return probe()
    except (DatabaseError, OSError, URLError) as error:
        return f"{type(error).__name__}: {error}"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return "ok"


def _aws() -> str:
    if not settings.AWS_ENDPOINT_URL:
        return "ok"  # on AWS itself, each client's own errors tell
    with urlopen(f"{settings.AWS_ENDPOINT_URL}/_ministack/health", timeout=_SECONDS) as response:  # noqa: S310
        return "ok" if response.status == 200 else f"status {response.status}"  # noqa: PLR2004


_PROBES: dict[str, Callable[[], str]] = {"database": _database, "aws": _aws}
