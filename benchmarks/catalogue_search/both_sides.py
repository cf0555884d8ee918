"""The same questions to PostgreSQL and to the service's handler, with the time that each takes."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from event_contracts.catalogue_search import RELEVANCE
from extracted_services.catalogue_search import handlers
from extracted_services.catalogue_search.store import indexing
from extracted_services.catalogue_search.store.products import MANIFEST, Publication, digest_of
from extracted_services.catalogue_search.store.publishing import Reader
from extracted_services.catalogue_search.view import Manifest
from extracted_services.lambda_support.responding import Request
from monolith.catalogue.migration_paths import catalogue_search
from monolith.catalogue.queries import search_catalogue
from monolith.strangler.comparison.relevance import ndcg, overlap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from event_contracts.catalogue_search import CatalogueSearchPage, CatalogueSearchQuery
    from extracted_services.catalogue_search.view import Product

_PERCENTS = 100


@dataclass(frozen=True, slots=True)
class Times:
    """Of how many milliseconds are the half, and 95 of 100, of the answers?

    `busy` is the processor's time of 95 of 100: what is left when nobody else wants the machine.
    """

    half: float
    most: float
    busy: float

    @classmethod
    def of(
        cls,
        ask: Callable[[CatalogueSearchQuery], object],
        queries: Sequence[CatalogueSearchQuery],
    ) -> Times:
        """Ask one question after the other."""
        taken, busy = [], []
        for query in queries:
            began, began_busy = time.perf_counter(), time.process_time()
            ask(query)
            taken.append(1000 * (time.perf_counter() - began))
            busy.append(1000 * (time.process_time() - began_busy))
        return cls(statistics.median(taken), _most(taken), _most(busy))


def _most(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=_PERCENTS, method="inclusive")[94]


class Folder:
    """A bucket that is a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, name: str, body: bytes) -> None:
        """Put a file there."""
        (self._path / name).write_bytes(body)

    def get(self, name: str) -> bytes | None:
        """Read a file of it."""
        path = self._path / name
        return path.read_bytes() if path.exists() else None

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self._path / name).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedService:
    """The service over one published index, and what it took to make that."""

    reader: Reader
    build_seconds: float
    open_seconds: float
    size_bytes: int

    @classmethod
    def of(cls, products: Iterable[Product], folder: Path, *, at: datetime) -> PublishedService:
        """Build, publish and open an index."""
        began = time.perf_counter()
        path = folder / "index.sqlite"
        indexing.build(path, products, at=at)
        built = time.perf_counter()
        index = path.read_bytes()
        manifest = Manifest(
            index=path.name,
            sha256=digest_of(index),
            state="",
            beat=0,
            is_complete=True,
            published_at=at,
        )
        bucket = Folder(folder)
        bucket.put(MANIFEST, manifest.to_json().encode())
        opened = folder / "opened"
        opened.mkdir()
        reader = Reader(Publication(bucket), opened, clock=time.monotonic)
        before = time.perf_counter()
        reader.current()
        return cls(
            reader=reader,
            build_seconds=built - began,
            open_seconds=time.perf_counter() - before,
            size_bytes=len(index),
        )

    def handle(self, query: CatalogueSearchQuery) -> str:
        """Answer as the deployed function does, from the request to the text of the answer."""
        parameters = dict(catalogue_search.service_request(query).parameters)
        request = Request(route="GET /products", path={}, parameters=parameters)
        response = handlers.answer(request, kept_in=self.reader)
        if response["statusCode"] != 200:  # noqa: PLR2004 - OK
            message = f"not answered: {query}: {response['body']}"
            raise ValueError(message)
        return str(response["body"])


@dataclass(frozen=True, slots=True)
class Relevance:
    """How like the monolith's own a service's first page is, by the worst and on average."""

    ndcg: tuple[float, float]
    overlap: tuple[float, float]
    disagreeing: int

    @classmethod
    def of(
        cls,
        queries: Sequence[CatalogueSearchQuery],
        answer: Callable[[CatalogueSearchQuery], CatalogueSearchPage],
    ) -> Relevance:
        """Compare, question by question."""
        gains, shares, disagreeing = [], [], 0
        for query in queries:
            ours, theirs = search_catalogue(query), answer(query)
            disagreeing += bool(catalogue_search.compare(ours, theirs))
            if ours.sort == RELEVANCE and ours.total:
                codes = [[each.stock_code for each in page.products] for page in (ours, theirs)]
                gains.append(ndcg(*codes))
                shares.append(overlap(*codes))
        return cls(
            (min(gains), statistics.fmean(gains)),
            (min(shares), statistics.fmean(shares)),
            disagreeing,
        )
