"""When a mapping's failed messages come back, and that a dead host costs them nothing."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.services import lambda_svc, sqs

from infra.local.aws import lambda_hooks
from infra.local.aws.restoring import give_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.aws.lambda_hooks import Forwarder

Message = dict[str, Any]

LONGEST_DELAY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class QueueRetries:
    """Wraps ministack's `_run_sqs_batch`.

    On AWS a failed message waits for the queue's visibility timeout, six times the function's by
    rule. Here it waits for `retry_seconds`, doubled with every receive, if that is sooner: a
    developer sees the retry. A batch still returns as a whole, so a FIFO group keeps its order.
    """

    run_batch: Callable[..., None]
    forwarder: Forwarder
    retry_seconds: float
    on_change: Callable[[], None]

    def __call__(
        self, esm: Any, function: Any, event: Any, batch: list[Message], *queue: str
    ) -> None:
        """Run a batch, then see to what was not deleted."""
        self.run_batch(esm, function, event, batch, *queue)
        self.on_change()
        host_down = self.forwarder.take_host_down()
        with sqs._queues_lock:  # noqa: SLF001
            left = [message for message in batch if message["receipt_handle"]]
            if host_down:
                _return(left, was_received=host_down.had_started)
            elif left:
                self._hasten(left)

    def _hasten(self, batch: list[Message]) -> None:
        received = max(message["receive_count"] for message in batch)
        delay = min(self.retry_seconds * 2 ** (received - 1), LONGEST_DELAY_SECONDS)
        visible_at = time.time() + delay
        for message in batch:
            message["visible_at"] = min(message["visible_at"], visible_at)
        _wake_after(delay)


def _return(batch: list[Message], *, was_received: bool) -> None:
    now = time.time()
    for message in batch:
        give_back(message, now=now)
        message["receive_count"] += was_received


def _wake_after(seconds: float) -> None:
    timer = threading.Timer(seconds, lambda_hooks.wake_mappings)
    timer.daemon = True
    timer.start()


def install(forwarder: Forwarder, *, retry_seconds: float, on_change: Callable[[], None]) -> None:
    """Have mappings retry as told."""
    lambda_svc._run_sqs_batch = QueueRetries(  # noqa: SLF001
        lambda_svc._run_sqs_batch,  # noqa: SLF001
        forwarder,
        retry_seconds,
        on_change,
    )
    lambda_svc._ESM_BACKOFF_SECONDS = min(1.0, retry_seconds)  # noqa: SLF001
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.005  # noqa: SLF001 - 50 ms would be felt
