"""Is this process answering anybody? Whatever nobody waits for waits until it is not.

Threads of one process share its interpreter: work that is done beside a request is done at its
expense. Django's own signals tell when a request comes in and when its response has been sent.
"""

from __future__ import annotations

import threading

from django.core.signals import request_finished, request_started


class Courtesy:
    """Knows which threads are answering requests."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as after a fork: nobody is being answered."""
        self._serving: dict[int, bool] = {}
        self._quiet = threading.Event()
        self._quiet.set()

    def began(self, **_signal: object) -> None:
        """Note that this thread answers a request."""
        self._serving[threading.get_ident()] = True
        self._quiet.clear()

    def ended(self, **_signal: object) -> None:
        """Note that its response has been sent."""
        self._serving.pop(threading.get_ident(), None)
        if not self._serving:
            self._quiet.set()
            if self._serving:  # somebody came in meanwhile
                self._quiet.clear()

    def wait(self, seconds: float) -> bool:
        """Wait until nobody is being answered, for so long at most; return whether that came."""
        return self._quiet.wait(seconds)


courtesy = Courtesy()


def listen() -> None:
    """Have Django tell about requests. Idempotent."""
    request_started.connect(courtesy.began, dispatch_uid="strangler.courtesy.began")
    request_finished.connect(courtesy.ended, dispatch_uid="strangler.courtesy.ended")
