"""The strangler's part of a Celery worker: its pulse, and the watch over all paths.

`app.steps["worker"].add(WatchStep)` adds it to the workers of an app; STRANGLER_WATCH_IN_WORKER
says whether it does anything there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from celery import bootsteps
from django.conf import settings

if TYPE_CHECKING:
    from monolith.strangler.watching.watcher import Watcher


class WatchStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Watches for as long as the worker runs."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, parent: Any, **options: Any) -> None:
        self._watcher: Watcher | None = None
        super().__init__(parent, **options)

    def include_if(self, parent: Any) -> bool:  # noqa: ARG002 - Celery's signature
        """Leave the watch out where the settings say so."""
        return bool(getattr(settings, "STRANGLER_WATCH_IN_WORKER", True))

    def start(self, parent: Any) -> None:  # noqa: ARG002
        """Begin to watch."""
        # Celery makes its steps before Django has loaded any model.
        from monolith.strangler import pulse
        from monolith.strangler.watching.watcher import Watcher

        pulse.start("worker")
        self._watcher = Watcher()
        self._watcher.start()

    def stop(self, parent: Any) -> None:  # noqa: ARG002
        """End, and give the duty back."""
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    terminate = stop
