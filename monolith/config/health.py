"""`/healthz`: the process lives. `/readyz`: it can do its work; staff see the details."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from monolith.outbox import queries as outbox

if TYPE_CHECKING:
    from collections.abc import Callable

OK = "ok"
# A busy outbox is behind by seconds; one that nobody empties is behind by minutes.
LONGEST_WAIT_SECONDS = 60
_TIMEOUT_SECONDS = 2


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether everything that this process depends on answers: 200 or 503."""
    findings = {name: _finding(probe) for name, probe in _PROBES.items()}
    is_ready = all(finding == OK for finding in findings.values())
    answer: dict[str, object] = {"ready": is_ready}
    if _is_staff(request):
        answer["checks"] = findings
    return JsonResponse(answer, status=200 if is_ready else 503)


def _is_staff(request: HttpRequest) -> bool:
    try:
        return request.user.is_staff
    except DatabaseError:  # the session and the user are rows, too
        return False


def _finding(probe: Callable[[], str]) -> str:
    try:
        return probe()
    except (DatabaseError, OSError, URLError) as error:
        return f"{type(error).__name__}: {error}"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return OK


def _relay() -> str:
    if not outbox.is_relayed():
        return "no live relay holds every shard of the outbox"
    age = outbox.get_oldest_pending_age_seconds() or 0
    return OK if age <= LONGEST_WAIT_SECONDS else f"an event has been waiting for {age:.0f} s"


def _aws() -> str:
    if not settings.AWS_ENDPOINT_URL:
        return OK  # on AWS itself, each client's own errors tell
    address = f"{settings.AWS_ENDPOINT_URL}/_ministack/health"
    with urlopen(address, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
        return OK if response.status == 200 else f"status {response.status}"  # noqa: PLR2004


_PROBES: dict[str, Callable[[], str]] = {"database": _database, "relay": _relay, "aws": _aws}
