"""One running shop and one browser for all journeys; without a Chromium they are not run."""

from __future__ import annotations

import pytest

from infra.local.running import run_shop
from tests import browsing


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop of our own with a little history, at stage service, without live trade."""
    folder = tmp_path_factory.mktemp("shop")
    with run_shop(folder / "state", generated_orders=200) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    """A browser for the journeys alone."""
    yield from browsing.launch()


@pytest.fixture
def page(browser, shop):
    context = browser.new_context(base_url=shop.addresses["web"])
    context.set_default_timeout(60_000)
    opened = context.new_page()
    yield opened
    context.close()
