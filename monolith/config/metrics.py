"""`/metrics`: outbox and moving reads for Prometheus, for machines on the private network only."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from monolith.outbox.table_metrics import TableCollector
from monolith.strangler.metrics import StranglerCollector

if TYPE_CHECKING:
    from django.http import HttpRequest

_FORWARDED = ("Forwarded", "X-Forwarded-For")
_registry = CollectorRegistry()
_registry.register(TableCollector())
_registry.register(StranglerCollector())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever knows METRICS_TOKEN; where none is set, whoever calls from this machine."""
    if not settings.METRICS_TOKEN and not _comes_from_here(request):
        return HttpResponse("only from this machine, or set METRICS_TOKEN\n", status=403)
    if settings.METRICS_TOKEN and not _knows_token(request):
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Authorization: Bearer ...\n", status=401, headers=headers)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(_registry), content_type=content_type)


def _knows_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    return constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")


def _comes_from_here(request: HttpRequest) -> bool:
    # Through a proxy on this machine, everybody seems to.
    if any(name in request.headers for name in _FORWARDED):
        return False
    with suppress(ValueError):
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    return False
