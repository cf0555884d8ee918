"""Where products are kept, and where the index is published: a table, a bucket, a wake-up queue.

A publication is an object with a name of its own and then one PUT of the manifest, which names it.
So whoever reads the manifest sees the index before or the index after, and never half of one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from extracted_services.catalogue_search.view import (
    STOCK_CODE,
    Manifest,
    RowChange,
    newest_version,
    read_product,
    row_write,
)
from extracted_services.read_models import tables
from extracted_services.read_models.items import HEAD_ROW, Copy, read_copy
from extracted_services.read_models.stores import ReadModelStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client

    from extracted_services.catalogue_search.view import Product
    from extracted_services.read_models.items import Item
    from extracted_services.read_models.tables import Table

MANIFEST = "manifest.json"
SCANNED_AT_ONCE = 1_000
"""Rows looked through a call. A local DynamoDB answers nobody else meanwhile: for half a second and
more with a megabyte, which is what a call may read."""
KEPT_BEFORE = 3
"""How many indices stay behind the current one, for whoever is just fetching one."""


class IndexDamaged(Exception):
    """What was fetched is not what the manifest names: it is gone, or its bytes are others."""


class Changing(Exception):
    """A product would not hold still while it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """The products that changed, and the newest version heard of each: all of it was in the table.

    `sent_at` is in seconds since 1970.
    """

    sent_at: float
    versions: Mapping[str, int]

    def to_json(self) -> str:
        """Write it as it is sent."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WakeUp:
        """Read it back."""
        return cls(**json.loads(text))


class Shelf(Protocol):
    """What all products are read from at once: a scan, or the memory of a test."""

    def copies(self) -> Iterator[tuple[str, Copy]]:
        """Read everything that is kept, copy by copy. A copy may change while it is read."""


class Bucket(Protocol):
    """Named objects; each is replaced whole or not at all, and read as it was last put."""

    def put(self, name: str, body: bytes) -> None:
        """Put an object in the place of what has its name."""

    def get(self, name: str) -> bytes | None:
        """Return an object, None if there is none of the name."""

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""


class CatalogueStore(ReadModelStore[RowChange]):
    """Products in a table, kept row by row and read all at once."""

    def __init__(self, table: Table, shelf: Shelf) -> None:
        """Keep products in this table, which is read whole by this shelf."""
        super().__init__(table, row_write)
        self._shelf = shelf

    def read_products(self) -> dict[str, Product | None]:
        """Read everything that is kept, by its stock code: None is a product that is not complete.

        Raises:
            Changing: one was changed again and again while it was read.
        """
        return {
            key: read_product(key, self._steady(key, copy)) for key, copy in self._shelf.copies()
        }

    def find_product(self, stock_code: str) -> dict[str, Product | None]:
        """Read what is kept of one product, as `read_products` does; nothing, if nothing is.

        Raises:
            Changing: see `read_products`.
        """
        copy = self._steady(stock_code, self.table.read(stock_code))
        return {} if copy.head is None else {stock_code: read_product(stock_code, copy)}

    def _steady(self, key: str, copy: Copy, *, tries: int = 5) -> Copy:
        # A scan reads row by row, the head first: a row that is newer came in between.
        if copy.head is None or newest_version(copy) <= copy.head.as_of:
            return copy
        if not tries:
            raise Changing(key)
        return self._steady(key, self.table.read(key), tries=tries - 1)


class Publication:
    """The published indices of a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        """Publish in this bucket."""
        self._bucket = bucket

    def find_manifest(self) -> Manifest | None:
        """Return the manifest of the current index; None before the first was published."""
        text = self._bucket.get(MANIFEST)
        return None if text is None else Manifest.from_json(text.decode())

    def publish(self, manifest: Manifest, index: bytes | None) -> None:
        """Make an index the current one; without one, only what the manifest says of it."""
        if index is not None:
            self._bucket.put(manifest.index, index)
        self._bucket.put(MANIFEST, manifest.to_json().encode())

    def forget(self, names: tuple[str, ...]) -> None:
        """Remove indices that nobody fetches any more."""
        for name in names:
            self._bucket.delete(name)

    def fetch(self, manifest: Manifest, path: Path) -> None:
        """Write the index that a manifest names to a path: all of it or nothing.

        Raises:
            IndexDamaged: it is gone, or not what the manifest says.
        """
        index = self._bucket.get(manifest.index)
        if index is None or digest_of(index) != manifest.sha256:
            raise IndexDamaged(manifest.index)
        partial = path.with_suffix(f".{threading.get_ident()}.partial")
        partial.write_bytes(index)
        partial.replace(path)


def digest_of(index: bytes) -> str:
    """Return what tells one index from another."""
    return hashlib.sha256(index).hexdigest()


class ScannedTable:
    """Everything in a DynamoDB table, some rows a call, strongly consistent."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """Scan this table."""
        self._client, self._table_name = client, table_name

    def copies(self) -> Iterator[tuple[str, Copy]]:
        """See `Shelf`."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            ConsistentRead=True,
            PaginationConfig={"PageSize": SCANNED_AT_ONCE},
        )
        key = ""
        items: list[Item] = []
        for item in (item for page in pages for item in page["Items"]):
            if item[STOCK_CODE]["S"] != key and items:
                yield key, _copy(items)
                items = []
            key = item[STOCK_CODE]["S"]
            items.append(item)
        if items:
            yield key, _copy(items)


def _copy(items: list[Item]) -> Copy:
    return read_copy(sorted(items, key=lambda item: str(item["row"]["S"]) != HEAD_ROW))


class S3Bucket:
    """A bucket in S3."""

    def __init__(self, client: S3Client, name: str) -> None:
        """Use the bucket of this name."""
        self._client, self.name = client, name

    def put(self, name: str, body: bytes) -> None:
        """See `Bucket`."""
        self._client.put_object(Bucket=self.name, Key=name, Body=body)

    def get(self, name: str) -> bytes | None:
        """See `Bucket`."""
        with suppress(self._client.exceptions.NoSuchKey):
            return self._client.get_object(Bucket=self.name, Key=name)["Body"].read()
        return None

    def delete(self, name: str) -> None:
        """See `Bucket`."""
        self._client.delete_object(Bucket=self.name, Key=name)


class WakeUps:
    """The queue that wakes the publisher."""

    def __init__(self, client: Any, url: str) -> None:
        """Send to the FIFO queue at this address, which keeps what it is sent for a moment."""
        self._client, self._url = client, url

    def send(self, wake_up: WakeUp) -> None:
        """Ask for a publication of what has changed.

        All are delivered in their order, so no beat is published before what was heard before it.
        """
        self._client.send_message(
            QueueUrl=self._url,
            MessageBody=wake_up.to_json(),
            MessageGroupId="publications",
            # Of no two: each names other products. A client that tries again sends the same one.
            MessageDeduplicationId=uuid4().hex,
        )


def connect_store(table_name: str) -> CatalogueStore:
    """Return the store in this DynamoDB table, at AWS_ENDPOINT_URL if that is set."""
    table = tables.connect(table_name, key_name=STOCK_CODE)
    return CatalogueStore(table, ScannedTable(_client("dynamodb", read_timeout=20), table_name))


def connect_publication(bucket_name: str) -> Publication:
    """Return the publications in this S3 bucket, at AWS_ENDPOINT_URL if that is set."""
    return Publication(S3Bucket(_client("s3", read_timeout=20), bucket_name))


def connect_wake_ups(queue_url: str) -> WakeUps:
    """Return the queue at this address, or at AWS_ENDPOINT_URL if that is set."""
    return WakeUps(_client("sqs", read_timeout=2), queue_url)


def _client(service: Any, *, read_timeout: int) -> Any:
    # A large part of a cold start, and not needed to import the handlers.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
    )
    return boto3.client(service, config=config)
