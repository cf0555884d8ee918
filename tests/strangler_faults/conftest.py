"""One shop for all the faults, and their table at the end of the run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from infra.local.running import RunningShop, run_shop
from tests.strangler_faults.results import Result, table
from tests.strangler_faults.testbed import Testbed, copy_of_services

HERE = Path(__file__).parent
_results = pytest.StashKey[list[Result]]()


@pytest.fixture(scope="module")
def testbed(tmp_path_factory, request):
    """A shop on whose paths faults happen; a module may name another `WSGI` application."""
    folder = tmp_path_factory.mktemp("strangler-faults")
    services = copy_of_services(folder / "services")
    environment = {
        "BANYAN_SERVICES_ROOT": str(services),
        "STRANGLER_KILL": "order_history",  # in its own web process, which tells the truth
        "API_RATE_CUSTOMER": "1000000/min",
        "RUNG": "shadow-100",
    }
    wsgi = getattr(request.module, "WSGI", "monolith.config.wsgi")
    with (
        run_shop(folder / "state", generated_orders=100, environment=environment) as shop,
        # The processes that suffer are told nothing of that.
        closing(Testbed(RunningShop(shop.state_dir), services, wsgi=wsgi)) as bed,
    ):
        yield bed


@pytest.fixture
def report(pytestconfig):
    """Return what takes a result, adds it to the table and insists that it is sound."""

    def add(result):
        pytestconfig.stash.setdefault(_results, []).append(result)
        result.assert_sound()

    return add


def pytest_collection_modifyitems(items):
    """Run the faults in their order: the first one of an hour goes down one rung, others two."""
    faults = [item for item in items if HERE in item.path.parents]
    if faults:
        first = items.index(faults[0])
        others = [item for item in items if item not in faults]
        faults.sort(key=lambda item: (str(item.path), item.reportinfo()[1] or 0, item.name))
        items[:] = [*others[:first], *faults, *others[first:]]


def pytest_terminal_summary(terminalreporter, config):
    """Print the table."""
    results = config.stash.get(_results, [])
    if results:
        terminalreporter.section("customers under the strangler's faults")
        for line in table(results):
            terminalreporter.line(line)
