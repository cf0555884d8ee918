"""Which shard a stream belongs to: the unit that one relay owns at a time."""

from __future__ import annotations

from zlib import crc32

from django.conf import settings

DEFAULT_SHARDS = 16


def shard_count() -> int:
    """Return how many shards new streams are spread over."""
    return int(getattr(settings, "OUTBOX_SHARDS", DEFAULT_SHARDS))


def shard_of(stream: str) -> int:
    """Return the shard of a stream that begins now; one that has begun keeps what it has."""
    return crc32(stream.encode()) % shard_count()
