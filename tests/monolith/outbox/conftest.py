"""What the outbox's tests share."""

from __future__ import annotations

import pytest

from monolith.outbox import waking
from monolith.outbox.testing import outbox  # noqa: F401 - the fixture


@pytest.fixture(autouse=True)
def _quiet_waker():
    """Leave no connection behind that would keep the test database from being dropped."""
    yield
    waking.close()
