"""Commands that clients may repeat: one key, one content, one effect."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TypeVar

from django.db import connection

from monolith.ordering.models import CreditNote, Order

Outcome = TypeVar("Outcome", Order, CreditNote)


class IdempotencyKeyReused(Exception):
    """The key belongs to an earlier request that asked for something else."""

    def __init__(self, idempotency_key: str) -> None:
        super().__init__(f"key {idempotency_key!r} was used for another request")


def digest_of(*request: object) -> str:
    """Return a fingerprint of what a request asks for, the same for equal requests."""
    text = json.dumps(request, default=asdict, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_first(model: type[Outcome], *, key: str, digest: str) -> Outcome | None:
    """Return what this very request made earlier, or None, with the key locked until the commit.

    Of two equal requests at once, the second waits here until the first has committed.

    Raises:
        IdempotencyKeyReused: the key stands for another request.
    """
    with connection.cursor() as cursor:
        name = f"{model.__name__}/{key}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    first = model.objects.filter(idempotency_key=key).first()
    if first is not None and first.request_digest != digest:
        raise IdempotencyKeyReused(key)
    return first
