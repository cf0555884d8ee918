"""What tests of ordering share."""

from __future__ import annotations

import pytest

from monolith.outbox import waking


@pytest.fixture(autouse=True)
def _quiet_waker():
    yield
    waking.close()
