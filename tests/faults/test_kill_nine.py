"""Whatever is killed while trade goes on, the service ends up with the monolith's answers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager

import psycopg
import pytest

from infra.local.running import ROOT
from infra.local.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.faults]
INVOICES_UNDER_FIRE = 40
INVOICES_AFTERWARDS = 10


@pytest.mark.parametrize("victim", ["worker", "lambda-host", "aws", "postgres"])
def test_a_process_killed_during_a_replay_costs_no_event(shop, victim):
    before = _live_orders(shop)

    with _replaying(shop) as replay:
        wait_until(lambda: _live_orders(shop) > before + 3, "a replay under way", seconds=60)
        assert replay.poll() is None, "the replay was over before anything was killed"
        shop.kill(victim)
    _finish_replay(shop)

    assert _live_orders(shop) > before + 10
    reconciled = shop.manage("strangler", "reconcile", "order_history", check=False)
    assert reconciled.returncode == 0, reconciled.stdout + reconciled.stderr


@contextmanager
def _replaying(shop):
    """A replay in the background: it may fail when its database goes away, and can be resumed."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *_replay_command(shop, INVOICES_UNDER_FIRE)],
        cwd=ROOT,
        env=shop.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
        process.wait(timeout=120)
    finally:
        process.kill()
        process.wait()


def _finish_replay(shop):
    finished = shop.manage(*_replay_command(shop, INVOICES_AFTERWARDS), check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def _replay_command(shop, invoices):
    trade = str(shop.state_dir / "generated_trade.csv.gz")
    return ["replay_trade", trade, "--speed=max", f"--limit={invoices}"]


def _live_orders(shop):
    try:
        with psycopg.connect(shop.addresses["postgres"]) as connection:
            query = "select count(*) from ordering_order where idempotency_key is not null"
            (count,) = connection.execute(query).fetchone() or (0,)
            return count
    except psycopg.OperationalError:
        return 0
