"""Makes restored state fit to go on from: a crash left batches in flight and ids remembered."""

from __future__ import annotations

import time
from typing import Any

from ministack import app as ministack_app
from ministack.services import lambda_svc, sns, sqs


def install() -> None:
    """Put restored state in order as soon as ministack has loaded it."""
    load = ministack_app._load_persisted_state  # noqa: SLF001
    prune_blobs = lambda_svc._prune_orphan_code_blobs  # noqa: SLF001
    # A snapshot must not remove files that the generation before it names; only a start may.
    lambda_svc._prune_orphan_code_blobs = lambda _referenced: None  # noqa: SLF001

    def load_and_put_in_order() -> None:
        load()
        forget_deduplication()
        return_messages_in_flight()
        prune_blobs(_blobs_in_use())

    ministack_app._load_persisted_state = load_and_put_in_order  # noqa: SLF001


def forget_deduplication() -> None:
    """Let events that were published after the checkpoint be published again under their ids."""
    for _, topic in sns._topics.all_items():  # noqa: SLF001
        if "dedup_cache" in topic:
            topic["dedup_cache"] = {}
    for queue in _queues():
        queue["dedup_cache"] = {}


def return_messages_in_flight() -> None:
    """Give back what a mapping had taken: the batch died with us, through no fault of its own."""
    now = time.time()
    mapped = {esm.get("EventSourceArn") for _, _, esm in lambda_svc._iter_all_esms()}  # noqa: SLF001
    for queue in _queues():
        if queue["attributes"].get("QueueArn") in mapped:
            for message in queue["messages"]:
                give_back(message, now=now)


def give_back(message: dict[str, Any], *, now: float) -> None:
    """Make a message in flight visible, as if it had not been received."""
    if message["receive_count"] > 0 and message["visible_at"] > now:
        message["visible_at"] = now
        message["receive_count"] -= 1


def _queues() -> list[dict[str, Any]]:
    return [queue for _, queue in sqs._queues.all_items()]  # noqa: SLF001


def _blobs_in_use() -> set[str]:
    references: set[str] = set()
    functions = lambda_svc.get_state()["functions"]
    for _, function in functions.all_items():
        for record in (function, *function.get("versions", {}).values()):
            code = record.get("code_zip")
            if isinstance(code, dict):
                references.update(code.values())
    return references
