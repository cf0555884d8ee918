"""A relay inside a Celery worker: started, watched and stopped with it.

`app.steps["worker"].add(RelayStep)` adds it to the workers of an app; OUTBOX_RELAY_IN_WORKER says
whether it does anything there.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from celery import bootsteps
from django.conf import settings
from django.utils.module_loading import import_string

from monolith.outbox.configuration import RelayOptions
from monolith.outbox.exposing import exposed
from monolith.outbox.observing import NOBODY
from monolith.outbox.relay import Relay
from monolith.outbox.relay_metrics import RelayMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.outbox.observing import Observer

DEFAULT_PUBLISHER = "monolith.outbox.publishers.SnsPublisher"
_RESTART_SECONDS = 1.0
_JOIN_SECONDS = 15.0

log = structlog.get_logger(__name__)


class RelayKeeper:
    """Keeps a relay running in a thread: one that breaks is followed by another of the same name.

    The name is what the leases belong to, so the successor goes on at once.
    """

    def __init__(self, make: Callable[[str], Relay]) -> None:
        self._make = make
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._stopping = threading.Event()
        self._relay: Relay | None = None
        self._thread = threading.Thread(target=self._run, name="outbox-relay", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the relay, wait until it has given its shards back, and end the thread."""
        self._stopping.set()
        relay = self._relay
        if relay is not None:
            relay.stop()
        if self._thread.is_alive():
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run_once()
            except Exception:  # whatever it is, the events must go on
                log.exception("outbox_relay_broken", relay=self._name)
                self._stopping.wait(_RESTART_SECONDS)

    def _run_once(self) -> None:
        self._relay = relay = self._make(self._name)
        if not self._stopping.is_set():
            relay.run()


class RelayStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """The relay as a part of the worker."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, parent: Any, **options: Any) -> None:
        self._running = ExitStack()
        super().__init__(parent, **options)

    def include_if(self, parent: Any) -> bool:  # noqa: ARG002 - Celery's signature
        """Leave the relay out where the settings say so."""
        return bool(getattr(settings, "OUTBOX_RELAY_IN_WORKER", True))

    def start(self, parent: Any) -> None:  # noqa: ARG002
        """Start relaying, and tell how it goes."""
        metrics = RelayMetrics()
        self._running.enter_context(exposed(metrics.registry))
        keeper = RelayKeeper(partial(make_relay, observer=metrics))
        keeper.start()
        self._running.callback(keeper.stop)

    def stop(self, parent: Any) -> None:  # noqa: ARG002
        """Stop relaying."""
        self._running.close()

    terminate = stop


def make_relay(name: str | None = None, *, observer: Observer = NOBODY) -> Relay:
    """Make a relay as the settings say; OUTBOX_PUBLISHER names the class of its publisher."""
    options = RelayOptions.from_settings()
    publisher = import_string(getattr(settings, "OUTBOX_PUBLISHER", DEFAULT_PUBLISHER))
    return Relay(
        publisher=publisher.from_settings(threads=options.publish_threads),
        options=options,
        name=name,
        observer=observer,
    )
