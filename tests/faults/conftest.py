"""A shop that may be broken on purpose, apart from the one that the journeys use."""

from __future__ import annotations

import pytest

from infra.local.running import run_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with run_shop(tmp_path_factory.mktemp("faults") / "state", generated_orders=1500) as running:
        yield running
