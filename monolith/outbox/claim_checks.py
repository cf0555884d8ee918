"""Claim checks: data too large for a message waits in a store, and a small event says where.

That event is the same CloudEvent with the extension attribute `dataref` in the place of `data`.
"""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from types_boto3_s3 import S3Client

    from monolith.outbox.messages import Message

EVENT_ID = "event-id"
"""The metadata of an object in S3 that says whose data it is."""
_TOO_MANY_REQUESTS, _SERVER_FAULT = 429, 500
# Answered with a status that would blame the request.
_NOBODY_AT_FAULT = {"ExpiredToken", "RequestTimeout", "RequestTimeTooSkewed"}


class Unclaimable(Exception):
    """No reference can take the event's place, however often it is tried; says why."""


class StoreUnavailable(Exception):
    """The store cannot be reached, or has too much to do: try again later."""


class ClaimStore(Protocol):
    """Keeps data for as long as a message that refers to it may be delivered. Any thread calls."""

    def uri_of(self, key: str) -> str:
        """Return where data under a key is found."""

    def put(self, key: str, data: str, *, event_id: UUID) -> None:
        """Keep an event's data, which is JSON, under a key, in the place of what is there.

        Raises:
            StoreUnavailable: nobody knows whether it is kept; it may be put again.
            Unclaimable: the store refuses it.
        """


class Split(NamedTuple):
    """An event in two: the event that refers to its data, and the data. Both are JSON."""

    reference: str
    data: str


def check_in(message: Message, store: ClaimStore) -> Message:
    """Leave a message's data in the store, and return the message that goes out in its place.

    The key follows from the event's id: whatever is published again is kept once.

    Raises:
        StoreUnavailable: try again later.
        Unclaimable: the payload is no CloudEvent with data, or the store refuses it.
    """
    key = f"events/{message.topic}/{message.event_id}.json"
    reference, data = split(message.payload, dataref=store.uri_of(key))
    store.put(key, data, event_id=message.event_id)
    return message._replace(payload=reference, size=len(reference.encode()))


def split(payload: str, *, dataref: str) -> Split:
    """Take the data out of a CloudEvent, and let `dataref` say where it is. Pure.

    Raises:
        Unclaimable: it is no CloudEvent in JSON, or has no `data`.
    """
    try:
        attributes = json.loads(payload)
    except ValueError as error:
        raise Unclaimable(f"too large for a message, and not JSON: {error}") from None
    if not isinstance(attributes, dict) or "data" not in attributes:
        raise Unclaimable("too large for a message, and no CloudEvent with data")
    data = attributes.pop("data")
    return Split(_write(attributes | {"dataref": dataref}), _write(data))


def _write(value: Any) -> str:
    # All ASCII: half a surrogate pair, which JSON may hold, could not be written as UTF-8.
    return json.dumps(value, separators=(",", ":"))


class S3ClaimStore:
    """A bucket. What it forgets, and when, is the bucket's own rule (infra/event_bus.py)."""

    def __init__(self, *, bucket: str, connect: Callable[[], S3Client]) -> None:
        self._bucket = bucket
        self._connect = connect
        self._client: S3Client | None = None
        self._connecting = threading.Lock()

    @classmethod
    def from_settings(cls, *, threads: int) -> S3ClaimStore | None:
        """Return the store that OUTBOX_CLAIM_BUCKET names, for so many threads; None without."""
        bucket: str = getattr(settings, "OUTBOX_CLAIM_BUCKET", "")
        return cls(bucket=bucket, connect=partial(connect, threads=threads)) if bucket else None

    def uri_of(self, key: str) -> str:
        """Return the object's URI."""
        return f"s3://{self._bucket}/{key}"

    def put(self, key: str, data: str, *, event_id: UUID) -> None:
        """Keep an event's data; see `ClaimStore`."""
        try:
            self._connected().put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data.encode(),
                ContentType="application/json",
                Metadata={EVENT_ID: str(event_id)},
            )
        except (ClientError, ParamValidationError) as error:
            raise _verdict(error)(f"{self.uri_of(key)}: {error}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"{self.uri_of(key)}: {error}") from error

    def _connected(self) -> S3Client:
        # Most relays never meet an event that large, and S3's client is the largest there is.
        with self._connecting:
            if self._client is None:
                self._client = self._connect()
            return self._client


class InMemoryClaimStore:
    """Keeps data in `kept`, by its URI. Tests make it fail with `is_down` and `refuses`."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.is_down = False
        self.refuses = False

    def uri_of(self, key: str) -> str:
        """Return a URI that means something to this object only."""
        return f"memory:/{key}"

    def put(self, key: str, data: str, *, event_id: UUID) -> None:
        """Keep an event's data; see `ClaimStore`."""
        if self.is_down:
            raise StoreUnavailable("the store is down")
        if self.refuses:
            raise Unclaimable(f"the store refuses the data of {event_id}")
        self.kept[self.uri_of(key)] = data


def _verdict(error: Exception) -> type[StoreUnavailable | Unclaimable]:
    if not isinstance(error, ClientError):
        return Unclaimable
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    is_outage = status >= _SERVER_FAULT or status == _TOO_MANY_REQUESTS
    if is_outage or error.response["Error"]["Code"] in _NOBODY_AT_FAULT:
        return StoreUnavailable
    return Unclaimable


def connect(*, threads: int) -> S3Client:
    """Connect to S3 as the settings say, with as many connections as threads."""
    config = Config(
        connect_timeout=2,
        read_timeout=5,
        max_pool_connections=threads,
        # The relay has its own idea of when to try again.
        retries={"total_max_attempts": 1},
    )
    return boto3.client(
        "s3",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=config,
    )
