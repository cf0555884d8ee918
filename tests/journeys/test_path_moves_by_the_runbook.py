"""A path moves from the monolith to its service by the runbook alone, while customers look on."""

from __future__ import annotations

import json
import time

import pytest

from infra.local.demo import table
from infra.local.demo.acting import TIMEOUT_SECONDS, climb, live_trade, open_logins
from infra.local.demo.readers import reading
from infra.local.running import run_shop
from infra.local.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.journey]
PATH = "order_history"
CUSTOMERS_OF_EACH_LOT = 2
MOST_MINUTES_A_STEP = 4
# Nobody has placed the path anywhere; a machine too busy to answer in time may roll it back.
EARNED = {("advance", "human"), ("roll-back", "auto")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop with everything in the monolith, and trade to come."""
    state = tmp_path_factory.mktemp("unmoved") / "state"
    with run_shop(
        state,
        generated_orders=600,
        rung="monolith",
        environment={"STRANGLER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS)},
    ) as running:
        yield running


@pytest.mark.timeout(900)
def test_order_history_moves_by_the_runbook_and_no_customer_notices(shop):
    logins = open_logins(shop, [PATH], each_lot=CUSTOMERS_OF_EACH_LOT)
    trade = shop.state_dir / "generated_trade.csv.gz"
    assert min(reader.lot for reader in logins.readers[PATH]) < 100, (
        "nobody is in the canary's first step"
    )

    with (
        live_trade(shop, trade, seconds_per_invoice=1.0),
        reading(shop, PATH, logins) as readings,
    ):
        began = time.time()
        climb(shop, PATH, until="service", most_minutes=MOST_MINUTES_A_STEP, tell=print)
        stood = table.stays(shop.addresses["postgres"], PATH, began=began, ended=time.time())
        at_service = stood[-1].since
        _read_on(readings, since=time.time())

    print("\n".join(table.lines(readings, stood)))  # noqa: T201 - what the journey was like
    assert readings.errors() == []
    assert readings.violations() == []
    assert {stay.rung for stay in stood} == set(table.RUNGS[: table.RUNGS.index("service") + 1])
    assert {(move["kind"], move["actor_kind"]) for move in moves_of(shop)} <= EARNED
    assert any(each.source == "service" for each in readings.since(at_service))
    assert readings.orders_placed.total() > 0


def _read_on(readings, *, since):
    wait_until(lambda: len(readings.since(since)) >= 50, "reads at the service", seconds=60)


def moves_of(shop):
    exported = json.loads(shop.manage("strangler", "audit", PATH, "--json").stdout)
    return [move for move in exported if move["path"] == PATH]
