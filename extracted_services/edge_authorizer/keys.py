"""The public keys that are believed, out of KMS: asked for once each, for they never change."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from extracted_services.edge_authorizer.signatures import PublicKey

if TYPE_CHECKING:
    from collections.abc import Collection


def find_key(key_id: str, *, believed: Collection[str]) -> PublicKey | None:
    """Return a key, or None if it is not one of the `believed`: nobody makes this ask for others.

    Raises:
        NotAnRsaKey: KMS has another kind of key under this id.
    """
    return _fetch(key_id) if key_id in believed else None


@cache
def _fetch(key_id: str) -> PublicKey:
    return PublicKey.from_der(client().get_public_key(KeyId=key_id)["PublicKey"])


def forget() -> None:
    """Forget every key and the connection. For tests."""
    _fetch.cache_clear()
    if client.cache_info().currsize:
        client().close()
    client.cache_clear()


@cache
def client() -> Any:
    """Return the one client of this process, made at its first use."""
    # A large part of a cold start, for what a warm function never needs again.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=1,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    return boto3.client("kms", config=config)
