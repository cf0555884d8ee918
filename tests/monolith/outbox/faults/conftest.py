"""Testbeds for the fault tests, and their table at the end of the run."""

from __future__ import annotations

import pytest

from tests.monolith.outbox.faults.databases import new_database
from tests.monolith.outbox.faults.summary import table
from tests.monolith.outbox.faults.testbed import Testbed

_results = pytest.StashKey[list]()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Return the name of a database to copy."""
    with new_database(tmp_path_factory.mktemp("faults") / "log") as address:
        yield address["NAME"]


@pytest.fixture(scope="session")
def seed(pytestconfig):
    """Return what decides every draw: that of the run, so `-p randomly -p "randomly_seed=N"` repeats it."""
    return pytestconfig.getoption("randomly_seed")


@pytest.fixture
def testbed(template, seed, tmp_path):
    with new_database(tmp_path / "log", template) as address:
        bed = Testbed(tmp_path, address, seed)
        yield bed
        bed.close()


@pytest.fixture
def report(pytestconfig, seed):
    """Return what takes a result, adds it to the table and insists that it is sound."""

    def add(result):
        pytestconfig.stash.setdefault(_results, []).append(result)
        result.assert_sound(seed)

    return add


def pytest_terminal_summary(terminalreporter, config):
    """Print the table."""
    results = config.stash.get(_results, [])
    if results:
        terminalreporter.section(f"outbox under faults, seed {config.getoption('randomly_seed')}")
        for line in table(results):
            terminalreporter.line(line)
