"""Where events are kept: one bucket (keys: README.md), and copies on the disk of the function."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Protocol

from event_contracts.plain_values import from_plain, to_plain
from extracted_services.sales_insights.view import (
    ATHENA,
    FILES,
    LANDING,
    MANIFEST,
    WHOLES,
    Landing,
    Manifest,
    Survey,
    read_landing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from types_boto3_s3 import S3Client

    from extracted_services.sales_insights.view import DataFile, Partition, Whole

READING_THREADS = 16
GOOD_FOR_SECONDS = 0.5
"""So long what has arrived is not looked for again: a page asks eight questions in a row."""
_DELETED_AT_ONCE = 1_000


class Gone(Exception):
    """An object that was there a moment ago was taken away: look again at what there is."""


class ManifestMoved(Exception):
    """Somebody else has replaced the list of files."""


class Objects(Protocol):
    """What keeps objects: S3, or the memory of a test."""

    name: str

    def get(self, key: str) -> tuple[bytes, str]:
        """Return an object and the token of its present content.

        Raises:
            Gone: there is none.
        """

    def put(self, key: str, content: bytes) -> None:
        """Put an object, whatever was there."""

    def replace(self, key: str, content: bytes, token: str | None) -> None:
        """Put an object in the place of the content that the token is of; None: of nothing.

        Raises:
            ManifestMoved: something else is there.
        """

    def list(self, prefix: str, most: int) -> list[str]:
        """List keys in their order, at most so many."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, whether they are there or not."""


class ObjectLake:
    """Events in a bucket; what is fetched stays on the disk: no key ever changes its content.

    A survey serves whoever asks within `good_for` seconds of it.
    """

    def __init__(self, objects: Objects, folder: Path, *, good_for: float = 0.0) -> None:
        self._objects, self._folder, self._good_for = objects, folder, good_for
        self._landed: dict[str, Landing] = {}
        self._read: tuple[Manifest, str] | None = None
        self._surveyed: tuple[float, Survey] | None = None

    def survey(self, most: int, *, anew: bool = False) -> Survey:
        """See `view.Lake`."""
        # Not a monotonic clock: it may stand still while a function is frozen.
        began = time.time()
        if self._surveyed and not anew and 0 <= began - self._surveyed[0] < self._good_for:
            return self._surveyed[1]
        landed = self.read_landed(self.list_landed(most))
        survey = Survey(landed=tuple(landed), manifest=self.read_manifest()[0])
        self._surveyed = began, survey
        return survey

    def land(self, key: str, text: str) -> None:
        """Keep what just arrived; the same once more changes nothing."""
        self._objects.put(key, text.encode())

    def list_landed(self, most: int) -> list[str]:
        """See `view.Lake`."""
        return self._objects.list(LANDING, most)

    def read_landed(self, keys: Sequence[str]) -> list[Landing]:
        """See `view.Lake`: each is read once, and kept for as long as it is asked for."""
        with ThreadPoolExecutor(READING_THREADS) as threads:
            found = list(threads.map(self._landing, keys))
        self._landed = dict(zip(keys, found, strict=True))
        return found

    def read_manifest(self) -> tuple[Manifest, str | None]:
        """See `view.Lake`."""
        try:
            content, token = self._objects.get(MANIFEST)
        except Gone:
            return Manifest(), None
        if self._read is None or self._read[1] != token:
            manifest: Manifest = from_plain(Manifest, json.loads(content), where=MANIFEST)
            self._forget_all_but(manifest.keys)
            self._read = manifest, token
        return self._read

    def replace_manifest(self, manifest: Manifest, token: str | None) -> None:
        """See `view.Lake`."""
        self._objects.replace(MANIFEST, json.dumps(to_plain(manifest)).encode(), token)

    def fetch(self, files: Sequence[DataFile | Whole]) -> list[Path]:
        """See `view.Lake`."""
        return self._copies([file.key for file in files])

    def store(self, path: Path, key: str) -> None:
        """See `view.Lake`: whoever stored a file is likely to read it."""
        content = path.read_bytes()
        self._objects.put(key, content)
        self._keep(key, content)

    def list_for_athena(self, place: Partition, files: Sequence[DataFile]) -> None:
        """See `view.Lake`: a table of Athena's in the format of symlinks reads this list."""
        text = "".join(f"s3://{self._objects.name}/{file.key}\n" for file in files)
        self._objects.put(f"{ATHENA}{place.table}/day={place.day}/files", text.encode())

    def take_away(self, keys: Sequence[str]) -> None:
        """See `view.Lake`."""
        self._objects.delete(keys)
        for key in keys:
            (self._folder / key).unlink(missing_ok=True)

    def _landing(self, key: str) -> Landing:
        known = self._landed.get(key)
        return known or read_landing(self._objects.get(key)[0].decode())

    def _forget_all_but(self, keys: Sequence[str]) -> None:
        kept = {self._folder / key for key in keys}
        for folder in (FILES, WHOLES):
            for path in (self._folder / folder).rglob("*.*"):
                if path.is_file() and path not in kept:
                    path.unlink()

    def _copies(self, keys: Sequence[str]) -> list[Path]:
        missing = [key for key in keys if not (self._folder / key).exists()]
        if missing:
            with ThreadPoolExecutor(READING_THREADS) as threads:
                list(threads.map(self._copy, missing))
        return [self._folder / key for key in keys]

    def _copy(self, key: str) -> None:
        self._keep(key, self._objects.get(key)[0])

    def _keep(self, key: str, content: bytes) -> None:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        partial.write_bytes(content)
        partial.replace(path)


class S3Objects:
    """Objects in a bucket of S3."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client, self.name = client, bucket

    def get(self, key: str) -> tuple[bytes, str]:
        """See `Objects`."""
        try:
            found = self._client.get_object(Bucket=self.name, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise Gone(key) from error
        return found["Body"].read(), found["ETag"]

    def put(self, key: str, content: bytes) -> None:
        """See `Objects`."""
        self._client.put_object(Bucket=self.name, Key=key, Body=content)

    def replace(self, key: str, content: bytes, token: str | None) -> None:
        """See `Objects`."""
        from botocore.exceptions import ClientError

        put = self._client.put_object
        try:
            if token is None:
                put(Bucket=self.name, Key=key, Body=content, IfNoneMatch="*")
            else:
                put(Bucket=self.name, Key=key, Body=content, IfMatch=token)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MOVED:
                raise ManifestMoved(key) from error
            raise

    def list(self, prefix: str, most: int) -> list[str]:
        """See `Objects`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, PaginationConfig={"MaxItems": most}
        )
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def delete(self, keys: Sequence[str]) -> None:
        """See `Objects`.

        Raises:
            RuntimeError: S3 kept one of them.
        """
        for first in range(0, len(keys), _DELETED_AT_ONCE):
            named = [{"Key": key} for key in keys[first : first + _DELETED_AT_ONCE]]
            request = {"Objects": named, "Quiet": True}
            answer = self._client.delete_objects(Bucket=self.name, Delete=request)  # type: ignore[arg-type]
            if failed := answer.get("Errors"):
                raise RuntimeError(f"not deleted: {failed[0]}")


def engine() -> Any:
    """Return a DuckDB connection that reads local files and nothing else."""
    # 60 MB that only some functions have.
    import duckdb

    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
    )
    # No file ever changes, and a warm function knows most of them.
    connection.execute("SET parquet_metadata_cache = true")
    return connection


_MOVED = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}


def connect(bucket: str) -> ObjectLake:
    """Connect to the bucket; to AWS_ENDPOINT_URL if that is set."""
    # A large part of a cold start: importing this module must not pay for it.
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=1,
        read_timeout=5,
        max_pool_connections=READING_THREADS,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    # It lasts as long as the process does, as Lambda's own disk.
    folder = Path(mkdtemp(prefix="lake-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    objects = S3Objects(boto3.client("s3", config=config), bucket)
    return ObjectLake(objects, folder, good_for=GOOD_FOR_SECONDS)
