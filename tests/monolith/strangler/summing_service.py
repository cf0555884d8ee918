"""A service of the library that can sum up and list what it holds."""

from __future__ import annotations

from event_contracts.checksums import KeyDigest, checksum_of, digest_of
from event_contracts.plain_values import from_plain, to_plain
from tests.monolith.strangler.library import Shelf

COUNT = 40


class Summing:
    """A service that holds pages by number, and sums them up."""

    def __init__(self, library, service):
        self.pages = {
            number: [to_plain(page) for page in pages] for number, pages in library.shelves.items()
        }
        self.asked = []
        self.broken = set()
        self._service = service
        service.respond = self.respond

    def respond(self, handler):
        path, _, query = handler.path.removeprefix("/prod").partition("?")
        self.asked.append(path)
        if path in self.broken:
            self._service.problem(500, "broken")(handler)
        elif path == "/checksums":
            ids = query.removeprefix("ids=").replace("%2C", ",").split(",")
            self._answer(handler, checksum_of(map(self._digest, ids)))
        elif path == "/shelves":
            self._service.answer_json({"keys": list(map(str, self.pages)), "next": None})(handler)
        else:
            number, page = int(path.rpartition("/")[2]), int(query.rpartition("=")[2])
            if number not in self.pages:
                self._service.problem(404, "shelf-not-complete")(handler)
            else:
                self._service.answer_json(self.pages[number][page])(handler)

    def _answer(self, handler, value):
        self._service.answer_json(to_plain(value))(handler)

    def _digest(self, key):
        pages = [from_plain(Shelf, page) for page in self.pages.get(int(key), ())]
        if not pages:
            return KeyDigest(key=key)
        return KeyDigest(key=key, version=pages[0].as_of, digest=digest_of(key, pages))
