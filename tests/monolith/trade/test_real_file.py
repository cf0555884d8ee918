from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from monolith.catalogue.models import StockLevel
from monolith.ordering.models import Order
from monolith.trade.legacy_import import import_history
from monolith.trade.periods import Period
from monolith.trade.replay import Wishes, replay_trade
from monolith.trade.trade_files import NoTradeFile, find_trade_file, read_text_lines

LINES = 12_000
HISTORY = Period(last=date(2010, 12, 2))


@pytest.fixture
def beginning_of_the_real_file(tmp_path):
    try:
        real = find_trade_file()
    except NoTradeFile as error:
        pytest.skip(f"needs the real file: {error}")
    file = tmp_path / "real.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(islice(read_text_lines(real), LINES + 1))
    return file


@pytest.mark.django_db
@pytest.mark.usefixtures("countries")
def test_beginning_of_the_real_file_is_loaded_and_then_played(beginning_of_the_real_file):
    file = beginning_of_the_real_file

    loaded = import_history(file=file, period=HISTORY)
    played = replay_trade(file=file, wishes=Wishes(limit=25))

    assert loaded.lines_read == LINES
    assert loaded.lines_in("after the period") + loaded.lines_in("sale") > LINES * 0.95
    assert played.lines_in("already taken in") == LINES - loaded.lines_in("after the period")
    assert Order.objects.filter(idempotency_key__startswith="online-retail:").exists()
    assert not StockLevel.objects.filter(quantity__lt=0).exists()
