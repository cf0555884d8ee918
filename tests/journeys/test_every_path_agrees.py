"""Whatever a service keeps equals what the monolith says: while trade goes on, and after a loss."""

from __future__ import annotations

import json

import psycopg
import pytest

from infra.local.demo import acting
from infra.local.demo.acting import live_trade
from infra.local.demo.visiting import visitor_of
from infra.local.running import run_shop
from infra.local.visits import PAGES
from infra.local.waiting import wait_until
from monolith.strangler import registry
from tests.journeys.read_models import drop

pytestmark = [pytest.mark.platform, pytest.mark.journey, pytest.mark.timeout(600)]
# Some 86 invoices are to come: at this pace they last for longer than all these tests.
SECONDS_PER_INVOICE = 5.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A shop whose reads all stand at service, with trade to come."""
    state = tmp_path_factory.mktemp("agreeing") / "state"
    with run_shop(state, generated_orders=600) as running:
        yield running


@pytest.fixture
def trading(shop):
    """Trade that has begun, and goes on."""
    before = orders_in(shop)
    file = shop.state_dir / "generated_trade.csv.gz"
    with live_trade(shop, file, seconds_per_invoice=SECONDS_PER_INVOICE):
        wait_until(lambda: orders_in(shop) > before, "an order", seconds=60)
        yield


def test_every_service_that_was_deployed_answers_a_declared_path(shop):
    deployed = json.loads((shop.state_dir / "deployed.json").read_text())

    assert sorted(deployed["services"]) == registry.names() == sorted(PAGES)


@pytest.mark.parametrize("path", registry.names())
def test_answers_agree_while_trade_goes_on(shop, trading, path):
    told = reconcile(shop, path)

    assert told["keys"] > 0
    assert told["counts"]["match"] + told["counts"]["healed"] == told["keys"]


@pytest.mark.parametrize("path", registry.names())
def test_lost_read_model_is_noticed_by_no_reader_and_rebuilt_equal(shop, trading, path):
    with visitor_of(shop, path) as visitor:
        assert drop(shop, path) > 0

        for page in visitor.open_all():
            assert f"{path}=" in page.read_path

        shop.manage("strangler", "backfill", path, "--restart")
        told = reconcile(shop, path)
        assert told["counts"]["match"] + told["counts"]["healed"] == told["keys"] > 0


def reconcile(shop, path):
    """Return what the command says, which has to end with 0."""
    done = acting.reconcile(shop, path)
    (told,) = done.reports
    assert done.exit_code == 0, f"{told['counts']}, such as {told['findings'][:3]}"
    return told


def orders_in(shop):
    with psycopg.connect(shop.addresses["postgres"]) as connection:
        ((count,),) = connection.execute("select count(*) from ordering_order").fetchall()
    return count
