from __future__ import annotations

import pytest

from monolith.outbox.outages import Outages, backoff


@pytest.mark.parametrize(
    ("failures", "longest"), [(1, 1.0), (2, 2.0), (4, 8.0), (10, 60.0), (10_000, 60.0)]
)
def test_wait_doubles_up_to_the_ceiling_and_jitter_takes_half_at_most(failures, longest):
    waits = [backoff(failures=failures, first=1, ceiling=60) for _ in range(50)]

    assert all(longest / 2 <= wait <= longest for wait in waits)
    assert len(set(waits)) > 1


def test_topic_that_failed_is_suspended_until_its_time_and_then_probed_by_one_call():
    outages = _outages()
    retry_at = outages.begin("product", now=100)

    assert not outages.allows("product", now=retry_at - 0.01, calls_in_flight=0)
    assert outages.suspended(now=retry_at - 0.01) == ["product"]
    assert outages.allows("product", now=retry_at, calls_in_flight=0)
    assert not outages.allows("product", now=retry_at, calls_in_flight=1)
    assert outages.allows("customer", now=100, calls_in_flight=3)


def test_calls_that_fail_together_count_once():
    outages = _outages()
    first = outages.begin("product", now=100)

    assert outages.begin("product", now=100.01) == first


def test_call_that_goes_through_ends_the_outage():
    outages = _outages()
    outages.begin("product", now=100)

    assert outages.end("product")
    assert outages.allows("product", now=100, calls_in_flight=3)
    assert not outages.end("product")


def _outages() -> Outages:
    return Outages(first=1, ceiling=60)
