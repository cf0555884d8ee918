"""Makes ministack's queues safe to use from several threads, and quick when they are long.

Stock, event source mappings (threads) and requests (the event loop) rebuild a queue's list of
messages without a common lock; a receive walks over all messages five times, and a FIFO publish
over all deduplication ids.
"""

from __future__ import annotations

import json
import threading
import time
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from ministack.services import sns, sqs

if TYPE_CHECKING:
    from collections.abc import Callable

Message = dict[str, Any]
Queue = dict[str, Any]

LOOK_FOR_EXPIRED_EVERY_SECONDS = 1.0
_looked_at: dict[str, float] = {}


def install() -> None:
    """Replace the functions concerned."""
    sqs._queues_lock = threading.RLock()  # noqa: SLF001
    sqs._ensure_msg_fields = _once_per_message(sqs._ensure_msg_fields)  # noqa: SLF001
    sqs._expire_retained = _serialised(_now_and_then(sqs._expire_retained))  # noqa: SLF001
    sqs._dlq_sweep = _serialised(_if_any_is_due(sqs._dlq_sweep))  # noqa: SLF001
    sqs._delete_messages_for_esm = delete_messages  # noqa: SLF001
    sqs._collect_msgs = _serialised(sqs._collect_msgs)  # noqa: SLF001
    for action, handler in sqs._HANDLERS.items():  # noqa: SLF001
        if not iscoroutinefunction(handler):
            sqs._HANDLERS[action] = _serialised(handler)  # noqa: SLF001
    sqs._prune_dedup = forget_expired_ids  # noqa: SLF001
    sns._prune_sns_dedup = forget_expired_ids  # noqa: SLF001
    sns._deliver_to_sqs = _serialised(sns._deliver_to_sqs)  # noqa: SLF001


def delete_messages(queue_url: str, receipt_handles: set[str]) -> None:
    """Remove a batch's messages; one that is gone has no receipt handle any more."""
    with sqs._queues_lock:  # noqa: SLF001
        queue = sqs._get_q(queue_url)  # noqa: SLF001
        kept = []
        for message in queue["messages"]:
            if message["receipt_handle"] in receipt_handles:
                message["receipt_handle"] = None
            else:
                kept.append(message)
        queue["messages"] = kept


def forget_expired_ids(holder: dict[str, Any]) -> None:
    """Drop a topic's or a queue's old deduplication ids: they are in the order of their time.

    Stock copies all the rest with every message; 16,000 ids in five minutes made that quadratic.
    """
    ids, now = holder.get("dedup_cache") or {}, time.time()
    while ids and ids[oldest := next(iter(ids))]["expire"] <= now:
        del ids[oldest]


def _serialised(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def locked(*arguments: Any, **options: Any) -> Any:
        with sqs._queues_lock:  # noqa: SLF001
            return function(*arguments, **options)

    return locked


def _once_per_message(complete: Callable[[Message], None]) -> Callable[[Message], None]:
    def complete_once(message: Message) -> None:
        if not ("seq" in message and "sys" in message and "md5_body" in message):
            complete(message)

    return complete_once


def _now_and_then(expire: Callable[[Queue], None]) -> Callable[[Queue], None]:
    def expire_now_and_then(queue: Queue) -> None:
        arn, now = queue["attributes"].get("QueueArn", ""), time.monotonic()
        if now - _looked_at.get(arn, 0) >= LOOK_FOR_EXPIRED_EVERY_SECONDS:
            _looked_at[arn] = now
            expire(queue)

    return expire_now_and_then


def _if_any_is_due(sweep: Callable[[Queue], None]) -> Callable[[Queue], None]:
    def sweep_if_any_is_due(queue: Queue) -> None:
        policy = queue["attributes"].get("RedrivePolicy")
        limit, now = int(json.loads(policy)["maxReceiveCount"]) if policy else 0, time.time()
        if limit and any(
            message["receive_count"] >= limit and message["visible_at"] <= now
            for message in queue["messages"]
        ):
            sweep(queue)

    return sweep_if_any_is_due
