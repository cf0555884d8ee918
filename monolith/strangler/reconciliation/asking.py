"""Asks both sides for whole answers, and the service for its checksums and its keys."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from event_contracts.checksums import Checksum, KeyDigest, KeyList
from monolith.strangler.calling import clients

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monolith.strangler.registry import MovingRead, ServiceRequest

# Nobody waits for these answers, and all of the service's threads are asked at once.
BUDGET_SECONDS = 10.0
# Nobody has that many pages: whoever says so goes round in a circle.
LONGEST_ANSWER_PAGES = 1_000


class AnswerWithoutEnd(Exception):
    """The pages of an answer never end."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the answer for {key} has more than {LONGEST_ANSWER_PAGES} pages")


class BothSides:
    """The monolith and the service behind one path.

    Raises:
        ServiceAddressMissing: no service is deployed for the path.
    """

    def __init__(self, path: MovingRead[Any, Any]) -> None:
        self.path, self._client = path, clients.get_client(path.name)

    def monolith_pages(self, key: str) -> list[Any]:
        """Return the monolith's whole answer for a key."""
        return self._pages(key, self.path.ask_monolith)

    def service_pages(self, key: str) -> list[Any]:
        """Return the service's whole answer for a key.

        Raises:
            ServiceError: see `clients`.
            AnswerWithoutEnd: it goes round in a circle.
        """
        return self._pages(key, self.service_answer)

    def service_answer(self, query: Any) -> Any:
        """Return the service's answer to one question.

        Raises:
            ServiceError: see `clients`.
        """
        return self._ask(self.path.service_request(query), self.path.answer_class)

    def monolith_digest(self, key: str) -> KeyDigest:
        """Digest the monolith's answer; one that changed on the way is none."""
        pages = self.monolith_pages(key)
        versions = {self.path.version_of(page) for page in pages}
        if len(versions) > 1:
            return KeyDigest(key=key)
        return KeyDigest(key=key, version=versions.pop(), digest=self.path.digest_of(key, pages))

    def service_checksum(self, keys: Sequence[str]) -> Checksum:
        """Return the service's checksum over some keys, where the path declares how to ask.

        Raises:
            ServiceError: see `clients`.
        """
        request: Any = self.path.checksum_request
        checksum: Checksum = self._ask(request(keys), Checksum)
        return checksum

    def service_keys(self, after: str | None) -> KeyList:
        """Return some of the service's keys, where the path declares how to ask.

        Raises:
            ServiceError: see `clients`.
        """
        request: Any = self.path.keys_request
        keys: KeyList = self._ask(request(after), KeyList)
        return keys

    def _pages(self, key: str, answer: Callable[[Any], Any]) -> list[Any]:
        query = self.path.source.first_query(key)
        pages: list[Any] = []
        while query is not None:
            if len(pages) == LONGEST_ANSWER_PAGES:
                raise AnswerWithoutEnd(key)
            pages.append(answer(query))
            query = self.path.source.next_query(query, pages[-1])
        return pages

    def _ask(self, request: ServiceRequest, answer_class: type) -> Any:
        return self._client.get(
            request.path,
            request.parameters,
            answer_class=answer_class,
            deadline=time.monotonic() + BUDGET_SECONDS,
        )
