"""Claim checks redeemed: the data of an event that was too large for its message, out of S3."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from types_boto3_s3 import S3Client

_SCHEME = "s3://"
_EVENT_ID = "event-id"


class ClaimMissing(Exception):
    """What the event refers to is not there: not yet visible, expired, or removed."""


class WrongClaim(Exception):
    """The reference leads nowhere in S3, or to the data of another event."""


def fetch(dataref: str, event_id: UUID) -> str:
    """Get an event's data, as JSON text; from AWS_ENDPOINT_URL if that is set.

    Raises:
        ClaimMissing: there is nothing (any more).
        WrongClaim: it is not an object in S3, or not this event's.
    """
    bucket, key = _place(dataref)
    s3 = client()
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as error:
        raise ClaimMissing(f"nothing at {dataref}") from error
    owner = found["Metadata"].get(_EVENT_ID)
    if owner != str(event_id):
        raise WrongClaim(f"{dataref} belongs to event {owner}, not to {event_id}")
    return found["Body"].read().decode()


def _place(dataref: str) -> tuple[str, str]:
    bucket, _, key = dataref.removeprefix(_SCHEME).partition("/")
    if not (dataref.startswith(_SCHEME) and bucket and key):
        raise WrongClaim(f"not an object in S3: {dataref!r}")
    return bucket, key


@cache
def client() -> S3Client:
    """Return the one client of this process, made at its first use."""
    # A large part of a cold start, for the few functions that ever meet an event this large.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    return boto3.client("s3", config=config)
