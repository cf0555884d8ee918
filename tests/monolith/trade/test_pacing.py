from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from monolith.trade.pacing import AsFastAsPossible, SecondsPerInvoice, TimesRealTime, wait_for

NOON = datetime(2011, 8, 1, 12, tzinfo=UTC)


def test_nobody_waits_at_full_speed():
    assert AsFastAsPossible().seconds_until(NOON) == 0


def test_time_runs_so_many_times_faster():
    pace = TimesRealTime(60)
    pace.seconds_until(NOON)

    assert pace.seconds_until(NOON + timedelta(hours=1)) == pytest.approx(60, abs=1)
    assert pace.seconds_until(NOON) <= 0


def test_invoices_come_one_by_one_whatever_the_time_between_them():
    pace = SecondsPerInvoice(5)

    waits = [pace.seconds_until(NOON), pace.seconds_until(NOON + timedelta(days=1))]

    assert waits == pytest.approx([0, 5], abs=0.5)


def test_told_to_stop_nobody_waits():
    stopping = Event()
    stopping.set()
    pace = SecondsPerInvoice(3600)
    wait_for(pace, NOON, stopping=stopping)

    assert not wait_for(pace, NOON, stopping=stopping)


def test_it_goes_on_when_the_time_has_come():
    assert wait_for(SecondsPerInvoice(3600), NOON, stopping=Event())
