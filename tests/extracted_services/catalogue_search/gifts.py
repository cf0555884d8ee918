"""A catalogue service in memory, and gifts for it to hear of."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

from event_contracts.catalogue import ProductListed
from event_contracts.catalogue_search import CatalogueSearchQuery
from event_contracts.envelope import Envelope
from event_contracts.registry import event_type_of
from event_contracts.streams import product_stream
from extracted_services.catalogue_search import handlers, queries
from extracted_services.catalogue_search.store import publishing
from extracted_services.catalogue_search.store.known_products import KnownProducts
from extracted_services.catalogue_search.store.products import (
    CatalogueStore,
    Publication,
    WakeUp,
)
from tests.extracted_services.read_models.in_memory_table import InMemoryTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from event_contracts.catalogue_search import CatalogueSearchPage
    from extracted_services.catalogue_search.view import Manifest
    from extracted_services.read_models.items import Copy

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
_serial = count(1)


class InMemoryBucket:
    """Keeps what a bucket keeps, as long as the process lives."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put(self, name: str, body: bytes) -> None:
        self.objects[name] = body

    def get(self, name: str) -> bytes | None:
        return self.objects.get(name)

    def delete(self, name: str) -> None:
        self.objects.pop(name, None)


class WholeTable:
    """Reads an in-memory table as a scan reads a real one."""

    def __init__(self, table: InMemoryTable) -> None:
        self.table = table

    def copies(self) -> Iterator[tuple[str, Copy]]:
        return ((key, self.table.read(key)) for key in list(self.table.heads))


class Service:
    """The whole service: what arrives, what is published, what is answered."""

    def __init__(self, folder: Path) -> None:
        self.table = InMemoryTable()
        self.store = CatalogueStore(self.table, WholeTable(self.table))
        self.bucket = InMemoryBucket()
        self.publication = Publication(self.bucket)
        self.folder = folder
        self.clock = 0.0
        self.now = 1_000_000.0
        self.heard_of: dict[str, int] = {}
        self.reader = self.new_reader()
        self.known = self.new_publisher()

    def new_reader(self) -> publishing.Reader:
        return publishing.Reader(self.publication, self.folder, clock=lambda: self.clock)

    def new_publisher(self) -> KnownProducts:
        return KnownProducts(self.store, clock=lambda: self.now)

    def hear(self, event: object, *, version: int, stream: str = "") -> str:
        envelope = Envelope(
            event_id=uuid4(),
            event_type=event_type_of(event),
            stream=stream or product_stream(event.stock_code),  # type: ignore[attr-defined]
            version=version,
            occurred_at=NOON,
            data=event,
        )
        outcome = handlers.project(envelope, kept_in=self.store, heard_of=self.heard_of)
        return str(outcome)

    def wake_up(self) -> WakeUp:
        """Ask for a publication of what was heard since the last time."""
        heard_of, self.heard_of = self.heard_of, {}
        return WakeUp(sent_at=self.now, versions=heard_of)

    def publish(
        self, *wake_ups: WakeUp, at: datetime | None = None, known: KnownProducts | None = None
    ) -> Manifest:
        """Publish these changes, or all that was heard since one that went well."""
        asked = wake_ups or (WakeUp(sent_at=self.now, versions=dict(self.heard_of)),)
        at = at or datetime.now(UTC)
        manifest = publishing.publish(known or self.known, self.publication, asked, at=at)
        if not wake_ups:
            self.heard_of.clear()
        self.clock += publishing.CHECK_SECONDS
        return manifest

    def answer(self, words: str = "", **asked) -> CatalogueSearchPage:
        query = CatalogueSearchQuery(words=words, **asked)
        return queries.answer(query, self.reader.current(), at=datetime.now(UTC))

    def found(self, words: str = "", **asked) -> list[str]:
        return [product.stock_code for product in self.answer(words, **asked).products]


def listed(
    description: str, stock_code: str = "", *, price_pence: int = 250, is_available: bool = True
) -> ProductListed:
    return ProductListed(
        stock_code=stock_code or f"G{next(_serial)}",
        description=description,
        price_pence=price_pence,
        is_available=is_available,
        listed_at=NOON,
    )
