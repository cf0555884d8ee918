"""A path moves from the monolith to its service by the runbook alone, while customers look on."""

from __future__ import annotations

import json

import pytest

from infra.local.demo import table
from infra.local.demo.acting import TIMEOUT_SECONDS, live_trade, open_logins
from infra.local.demo.climbing import climbing
from infra.local.running import run_shop

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
        climbing(shop, PATH, logins, most_minutes_a_step=MOST_MINUTES_A_STEP, tell=print) as climb,
    ):
        readings, stood = climb.readings, climb.stood

    print("\n".join(table.lines(readings, stood)))  # noqa: T201 - what the journey was like
    assert climb.stopped == ""
    assert readings.errors() == []
    assert readings.violations() == []
    assert {stay.rung for stay in stood} == set(table.RUNGS[: table.RUNGS.index("service") + 1])
    assert {(move["kind"], move["actor_kind"]) for move in moves_of(shop)} <= EARNED
    assert any(each.source == "service" for each in climb.read_since_arrival())
    assert readings.orders_placed.total() > 0


def moves_of(shop):
    exported = json.loads(shop.manage("strangler", "audit", PATH, "--json").stdout)
    return [move for move in exported if move["path"] == PATH]
