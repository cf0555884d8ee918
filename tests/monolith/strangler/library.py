"""A moving read that is no shop's: which books stand on a shelf?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from event_contracts.ordering import OrderHistorySnapshotTaken
from event_contracts.strangler import HeartbeatSent
from event_contracts.streams import customer_stream
from monolith.strangler.registry import (
    HeartbeatSource,
    MovingRead,
    ServiceRequest,
    SnapshotSource,
)


@dataclass(frozen=True, kw_only=True)
class Shelf:
    as_of: int
    books: tuple[str, ...]
    next: int | None = None


@dataclass(frozen=True)
class ShelfQuery:
    number: int
    page: int = 0


@dataclass
class Library:
    """The monolith's side: shelves by number, each a version and pages of books."""

    shelves: dict[int, list[Shelf]] = field(default_factory=dict)
    asked: list[ShelfQuery] = field(default_factory=list)

    def put(self, number, *pages, as_of=1):
        last = len(pages) - 1
        self.shelves[number] = [
            Shelf(as_of=as_of, books=tuple(books), next=page + 1 if page < last else None)
            for page, books in enumerate(pages)
        ]

    def answer(self, query):
        self.asked.append(query)
        return self.shelves[query.number][query.page]

    def keys_after(self, after, limit):
        return [str(number) for number in sorted(self.shelves) if number > int(after or 0)][:limit]

    def known(self, keys):
        return {key for key in keys if int(key) in self.shelves}

    def summed_path(self, name="shelf"):
        """The same read of a service that can sum and list what it holds, and takes heartbeats."""
        path = self.path(name)
        source = replace(path.source, count=lambda: len(self.shelves), known=self.known)
        return replace(
            path,
            source=source,
            checksum_request=lambda keys: ServiceRequest(
                path="/checksums", parameters={"ids": ",".join(keys)}
            ),
            keys_request=lambda after: ServiceRequest(
                path="/shelves", parameters={"after": after} if after else {}
            ),
            heartbeat=HeartbeatSource(
                key="999",
                stream=customer_stream(999),
                event=lambda sent_at: HeartbeatSent(path=name, sent_at=sent_at),
                query=ShelfQuery(999),
            ),
        )

    def path(self, name="shelf"):
        return MovingRead(
            name=name,
            family="library",
            monolith_answer=self.answer,
            service_request=_request,
            answer_class=Shelf,
            version_of=lambda shelf: shelf.as_of,
            stream_of=lambda query: customer_stream(query.number),
            subject_of=lambda query: str(query.number),
            source=SnapshotSource(
                keys_after=self.keys_after,
                stream_of=lambda key: customer_stream(int(key)),
                snapshot=lambda key: OrderHistorySnapshotTaken(customer_id=int(key), orders=()),
                first_query=lambda key: ShelfQuery(int(key)),
                next_query=lambda query, shelf: (
                    None if shelf.next is None else ShelfQuery(query.number, shelf.next)
                ),
            ),
        )


def _request(query):
    return ServiceRequest(path=f"/shelves/{query.number}", parameters={"page": str(query.page)})
