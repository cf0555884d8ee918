"""What the outbox's tests share."""

from __future__ import annotations

import pytest

from monolith.outbox import waking
from monolith.outbox.testing import outbox  # noqa: F401 - the fixture
from tests.conformance.conftest import running as running_platform
from tests.monolith.outbox.subscribed_brokers import MemoryBroker, SnsBroker


@pytest.fixture(autouse=True)
def _quiet_waker():
    """Leave no connection behind that would keep the test database from being dropped."""
    yield
    waking.close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    yield from running_platform(tmp_path_factory.mktemp("platform"))


@pytest.fixture(params=["memory", pytest.param("sns", marks=pytest.mark.platform)])
def broker(request):
    if request.param == "memory":
        return MemoryBroker()
    return SnsBroker(request.getfixturevalue("platform"))
