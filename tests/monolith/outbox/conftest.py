"""What the outbox's tests share."""

from __future__ import annotations

import pytest

from monolith.outbox import waking


@pytest.fixture(autouse=True)
def _quiet_waker():
    """Leave no connection behind that would keep the test database from being dropped."""
    yield
    waking.close()
