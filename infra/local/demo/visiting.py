"""Somebody who opens the pages of one path, signed in as whom they are for."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.local.demo.browser import Browser
from infra.local.demo.histories import rows_on
from infra.local.demo.readers import Logins
from infra.local.visits import PAGES, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.local.demo.browser import Page
    from infra.local.running import RunningShop


@dataclass(frozen=True, slots=True)
class PathVisitor:
    """A browser, and the addresses at which its path is read."""

    browser: Browser
    addresses: Sequence[str]

    def open_all(self) -> Iterator[Page]:
        """Open one page after the other.

        Raises:
            NotAPage: the shop answered one with an error.
        """
        for address in self.addresses:
            yield self.browser.open(address)


@contextmanager
def visitor_of(shop: RunningShop, path: str) -> Iterator[PathVisitor]:
    """Let whoever a path's pages are for sign in, with the local shop's own logins.

    Raises:
        KeyError: nobody has said where this path is read: see `infra.local.visits`.
        NotAPage: they could not sign in.
    """
    pages = PAGES[path]
    logins = Logins.read(shop)
    with closing(Browser(shop.addresses["web"])) as browser:
        numbers: list[str] = []
        if pages.visitor is Visitor.STAFF:
            browser.sign_in(logins.staff, logins.password)
        elif pages.visitor is Visitor.CUSTOMER:
            browser.sign_in(logins.customer, logins.password)
            numbers = [row.number for row in rows_on(browser.open("/orders/").text)]
        yield PathVisitor(browser, pages.addresses(numbers))
