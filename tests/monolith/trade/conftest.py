"""What tests of trade share."""

from __future__ import annotations

import pytest

from monolith.customers.legacy import load_countries
from monolith.outbox import waking


@pytest.fixture
def countries(db):
    load_countries(["United Kingdom", "EIRE", "Germany", "France"])


@pytest.fixture(autouse=True)
def _quiet_waker():
    yield
    waking.close()
