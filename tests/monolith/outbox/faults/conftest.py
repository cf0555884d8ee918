"""Testbeds for the fault tests, and their table at the end of the run."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic

import pytest

from tests.monolith.outbox.faults.databases import new_database
from tests.monolith.outbox.faults.held_commits import HeldCommit
from tests.monolith.outbox.faults.summary import Result, table
from tests.monolith.outbox.faults.testbed import Testbed

HERE = Path(__file__).parent
_results = pytest.StashKey[list[Result]]()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Return the name of a database to copy."""
    with new_database(tmp_path_factory.mktemp("faults") / "log") as address:
        yield address["NAME"]


@pytest.fixture(scope="session")
def seed(pytestconfig):
    """Return what decides every draw; it is that of the run."""
    return _seed(pytestconfig)


@pytest.fixture
def make_testbed(template, seed, tmp_path):
    """Return what makes the one testbed of a test; see `Testbed` for its options."""
    with ExitStack() as cleaning:

        def make(**options):
            address = cleaning.enter_context(new_database(tmp_path / "log", template))
            return cleaning.enter_context(closing(Testbed(tmp_path, address, seed, **options)))

        yield make


@pytest.fixture
def testbed(make_testbed):
    return make_testbed()


@pytest.fixture(scope="session", autouse=True)
def _minute_under_way(request):
    """Let the minute begin with the first fault test, so that it passes beside the others."""
    if any("minute" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("minute")


@pytest.fixture(scope="session")
def minute(template, seed, tmp_path_factory):
    """Return a testbed, a transaction held open in it and when that began."""
    folder = tmp_path_factory.mktemp("minute")
    with (
        new_database(folder / "log", template) as address,
        closing(Testbed(folder, address, seed)) as bed,
    ):
        bed.start_relay()
        held = HeldCommit(bed)
        began_at = monotonic()
        bed.start_writers(count=1, pause_seconds=0.2)
        yield bed, held, began_at
        held.let_go()


@pytest.fixture
def report(pytestconfig, seed):
    """Return what takes a result, adds it to the table and insists that it is sound."""

    def add(result):
        pytestconfig.stash.setdefault(_results, []).append(result)
        result.assert_sound(seed)

    return add


def pytest_collection_modifyitems(items):
    """Run the fault tests one after another, and the one that takes a minute last."""
    faults = [item for item in items if HERE in item.path.parents]
    if faults:
        first = items.index(faults[0])
        others = [item for item in items if item not in faults]
        faults.sort(key=lambda item: "minute" in item.fixturenames)
        items[:] = [*others[:first], *faults, *others[first:]]


def pytest_terminal_summary(terminalreporter, config):
    """Print the table."""
    results = config.stash.get(_results, [])
    if results:
        terminalreporter.section(f"outbox under faults, seed {_seed(config)}")
        for line in table(results):
            terminalreporter.line(line)


def _seed(config):
    return config.getoption("randomly_seed", 0)
