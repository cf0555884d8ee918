"""Which trade a shop begins with."""

from __future__ import annotations

import pytest

from infra.local.trade_source import TradeSource, find


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a checkout, and the folder beside it where the real file may lie."""
    monkeypatch.delenv("BANYAN_TRADE", raising=False)
    monkeypatch.delenv("BANYAN_TRADE_ORDERS", raising=False)
    (tmp_path / "shared" / "data").mkdir(parents=True)
    return tmp_path / "checkout"


@pytest.fixture
def real_file(checkout):
    file = checkout.parent / "shared" / "data" / "online_retail_2010-12_2011-08.csv.gz"
    file.touch()
    return file


def test_without_the_file_trade_is_generated_into_the_state(checkout, tmp_path):
    source = find(checkout, tmp_path / "state")

    assert source == TradeSource(tmp_path / "state" / "generated_trade.csv.gz", 3000)


def test_real_file_beside_the_checkout_is_used(checkout, real_file, tmp_path):
    assert find(checkout, tmp_path) == TradeSource(real_file, orders_to_generate=0)


def test_named_file_goes_before_the_one_beside(checkout, real_file, tmp_path, monkeypatch):
    named = tmp_path / "mine.csv"
    monkeypatch.setenv("BANYAN_TRADE", str(named))

    assert find(checkout, tmp_path) == TradeSource(named, orders_to_generate=0)


def test_generated_trade_can_be_asked_for(checkout, real_file, tmp_path, monkeypatch):
    monkeypatch.setenv("BANYAN_TRADE", "generated")
    monkeypatch.setenv("BANYAN_TRADE_ORDERS", "12")

    assert find(checkout, tmp_path) == TradeSource(tmp_path / "generated_trade.csv.gz", 12)
