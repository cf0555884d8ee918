"""Holds ministack and the Lambda host together to what the project relies on.

A version bump that breaks any of it is seen here, before the shop meets it.
"""

from __future__ import annotations

import pytest

from tests.conformance.local_platform import AWS_PYTHON, LocalPlatform


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/conformance/" in item.nodeid:
            item.add_marker(pytest.mark.platform)


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    """The platform most tests share; none may stop it."""
    yield from running(tmp_path_factory.mktemp("platform"))


@pytest.fixture
def own_platform(tmp_path):
    """A platform a test may stop and kill."""
    yield from running(tmp_path)


@pytest.fixture
def record(tmp_path):
    """A file that handlers append lines to, as a list of its lines."""
    return Record(tmp_path / "record.txt")


class Record:
    def __init__(self, path):
        self.path = path

    def lines(self):
        return self.path.read_text().splitlines() if self.path.exists() else []


def running(folder):
    assert AWS_PYTHON.exists(), "make sets up .venv-local-aws"
    platform = LocalPlatform(folder)
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()
