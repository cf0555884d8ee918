"""A supervisor to try, which leaves no process behind."""

from __future__ import annotations

import pytest

from tests.infra.local.stage import Stage


@pytest.fixture
def stage(tmp_path):
    made = Stage(tmp_path)
    yield made
    made.supervisor.stop_all()
