"""Metrics of a process that has no web server of its own: a small one on loopback."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from prometheus_client import start_http_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry

_ADDRESS = "127.0.0.1"

log = structlog.get_logger(__name__)


@contextmanager
def exposed(registry: CollectorRegistry) -> Iterator[None]:
    """Answer with a registry at OUTBOX_METRICS_PORT while the block lasts; 0 means not at all.

    A port that somebody has taken is logged: events go out with or without metrics.
    """
    port = int(getattr(settings, "OUTBOX_METRICS_PORT", 0))
    if not port:
        yield
        return
    try:
        server, thread = start_http_server(port, addr=_ADDRESS, registry=registry)
    except OSError as error:
        log.warning("outbox_metrics_not_exposed", port=port, error=str(error))
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
