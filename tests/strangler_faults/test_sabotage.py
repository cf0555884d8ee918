"""The table can fail: with the watches blinded, what is broken is found by nobody."""

from __future__ import annotations

import pytest

from tests.strangler_faults import proxy
from tests.strangler_faults.suffering import suffer

pytestmark = [pytest.mark.platform, pytest.mark.faults, pytest.mark.timeout(600)]

WSGI = "tests.strangler_faults.blind_wsgi:application"
# Three times as many as the watch that sees finds 5 % of errors after.
READS = 900


def test_blind_watches_are_noticed(testbed):
    testbed.stand("canary-50")

    def begin():
        testbed.proxy.fault = proxy.sometimes(0.05, proxy.error)

    result = suffer(testbed, "5 % errors, blind", "canary-50", begin, most_reads=READS)

    with pytest.raises(AssertionError, match="not found"):
        result.assert_sound()


def test_pages_that_are_not_right_are_noticed(testbed):
    testbed.stand("canary-50")

    def begin():
        testbed.proxy.fault = proxy.sometimes(1, proxy.wrong_value)

    result = suffer(testbed, "wrong values, blind", "canary-50", begin, most_reads=100)

    assert result.seen["wrong"] > 0
