"""From all products to a published index, and from a published index to one that is open."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from event_contracts.streams import NO_PRODUCT
from extracted_services.catalogue_search.store import indexing
from extracted_services.catalogue_search.store.index import Index
from extracted_services.catalogue_search.store.products import KEPT_BEFORE, IndexDamaged, digest_of
from extracted_services.catalogue_search.view import Manifest
from extracted_services.read_models.answering import NotComplete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from extracted_services.catalogue_search.store.known_products import KnownProducts
    from extracted_services.catalogue_search.store.products import Publication, WakeUp
    from extracted_services.catalogue_search.view import Product

CHECK_SECONDS = 0.5
"""How long an answer may be given from an index without looking for a newer one."""
REST_PER_WORK = 2
LONGEST_REST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Opened:
    """An index and the manifest that named it: an answer is given from one such pair."""

    manifest: Manifest
    index: Index


def rest_after(seconds: float) -> float:
    """Return how many seconds to rest after a publication that took so many.

    Whoever fills the table changes it for minutes, and building all of it again without a pause
    would take from them what they need to be done. What changes meanwhile is published at
    one go.
    """
    return min(REST_PER_WORK * seconds, LONGEST_REST_SECONDS)


def publish(
    known: KnownProducts, publication: Publication, wake_ups: Iterable[WakeUp], *, at: datetime
) -> Manifest:
    """Publish what has changed, as of an instant, if it is not published already.

    Heartbeats make a new manifest that names the index of the one before.

    Raises:
        Changing: see `CatalogueStore.read_products`; try again.
    """
    before = publication.find_manifest()
    known.catch_up(wake_ups, current=before)
    state = before.state if before is not None and known.is_published else _state_of(known)
    if before is not None and before.state == state and not _is_due(before, at):
        manifest = _with_beat(before, known.beat, publication, at)
    else:
        manifest = _publish_index(known, state, publication, before, at)
    known.note_published(manifest.index)
    return manifest


def _publish_index(
    known: KnownProducts,
    state: str,
    publication: Publication,
    before: Manifest | None,
    at: datetime,
) -> Manifest:
    index = _built(known.products, at)
    kept = (before.index, *before.previous) if before else ()
    coming = (each.next_price_at(at) for each in known.products)
    manifest = Manifest(
        index=f"index-{at:%Y%m%dT%H%M%S}-{uuid4().hex}.sqlite",
        sha256=digest_of(index),
        state=state,
        beat=known.beat,
        is_complete=known.is_complete,
        published_at=at,
        due_at=min(filter(None, coming), default=None),
        previous=kept[:KEPT_BEFORE],
    )
    publication.publish(manifest, index)
    publication.forget(kept[KEPT_BEFORE:])
    return manifest


def _with_beat(manifest: Manifest, beat: int, publication: Publication, at: datetime) -> Manifest:
    if manifest.beat == beat:
        return manifest
    following = replace(manifest, beat=beat, published_at=at)
    publication.publish(following, None)
    return following


def _is_due(manifest: Manifest, at: datetime) -> bool:
    return manifest.due_at is not None and manifest.due_at <= at


def _state_of(known: KnownProducts) -> str:
    digest = hashlib.sha256(repr((indexing.FORM, known.is_complete)).encode())
    for product in sorted(known.products, key=lambda each: each.stock_code):
        if product.stock_code != NO_PRODUCT:
            digest.update(repr(product).encode())
    return digest.hexdigest()


def _built(products: Sequence[Product], at: datetime) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        indexing.build(path, products, at=at)
        return path.read_bytes()


class Reader:
    """The current index, opened: fetched when there is a newer one, and then swapped at once.

    Whoever holds the one before goes on with it: its file is unlinked, and gone when they let go.
    """

    def __init__(
        self, publication: Publication, folder: Path, *, clock: Callable[[], float]
    ) -> None:
        """Fetch into this folder; `clock` tells seconds that only grow."""
        self._publication, self._folder, self._clock = publication, folder, clock
        self._opened: Opened | None = None
        self._check_at = float("-inf")
        self._refreshing = threading.Lock()

    def current(self) -> Opened:
        """Return the index to answer from; look for a newer one if none was looked for lately.

        Raises:
            NotComplete: none was ever published, or the first one cannot be fetched.
        """
        opened, now = self._opened, self._clock()
        if now >= self._check_at and self._refreshing.acquire(blocking=opened is None):
            try:
                opened = self._refresh(self._opened)
                self._check_at = now + CHECK_SECONDS
            finally:
                self._refreshing.release()
        if opened is None:
            raise NotComplete("catalogue", "no index was published yet")
        return opened

    def _refresh(self, opened: Opened | None) -> Opened | None:
        manifest = self._publication.find_manifest()
        if manifest is None or (opened is not None and opened.manifest == manifest):
            return opened
        if opened is not None and opened.manifest.index == manifest.index:
            self._opened = Opened(manifest, opened.index)
        else:
            try:
                self._opened = Opened(manifest, self._fetch(manifest))
            except IndexDamaged:
                # Another one is current by now, or will be: until then there is the one before.
                return opened
        return self._opened

    def _fetch(self, manifest: Manifest) -> Index:
        path = self._folder / manifest.index
        self._publication.fetch(manifest, path)
        try:
            index = Index(path)
            index.facets  # noqa: B018 - reads the file while it has its name
            return index
        finally:
            path.unlink()
