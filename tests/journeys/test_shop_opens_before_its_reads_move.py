"""A new shop is open while its services are filled, if they are to be: the monolith answers."""

from __future__ import annotations

import urllib.request

import psycopg
import pytest

from infra.local.running import run_shop
from infra.local.shop import READS_MOVE, READS_SETTLED
from infra.local.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.journey]


def test_customers_are_answered_while_the_reads_are_on_their_way(tmp_path):
    with run_shop(tmp_path / "state", generated_orders=60, await_reads=False) as shop:
        before = shop.addresses["reads"], search_of(shop)
        wait_until(lambda: shop.addresses["reads"] == READS_SETTLED, "the move", seconds=300)
        wait_until(lambda: search_of(shop) == "service", "the rung in force", seconds=30)

    assert before == (READS_MOVE, "monolith")


def test_shop_that_was_opened_on_the_ground_stays_there_when_it_is_opened_again(tmp_path):
    with run_shop(tmp_path / "state", generated_orders=60, rung="monolith"):
        pass

    with run_shop(tmp_path / "state", generated_orders=60, await_reads=False) as shop:
        assert shop.addresses["reads"] == READS_SETTLED
        assert "reads" not in shop.addresses["processes"]
        assert search_of(shop) == "monolith"
        assert moves_in(shop) == []


def search_of(shop):
    """Search for a gift, and return who answered."""
    with urllib.request.urlopen(f"{shop.addresses['web']}/?q=heart") as answer:
        (source,) = answer.headers.get_all("X-Read-Path")
    return source.partition("=")[2].partition(";")[0]


def moves_in(shop):
    with psycopg.connect(shop.addresses["postgres"]) as connection:
        return connection.execute("select path, reason from strangler_transition").fetchall()
