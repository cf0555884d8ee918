"""Each fault on a running shop: what did customers see, when was it found, when was it off?

The bars are the contract's: found within 60 s, off everywhere within 5 s, a leak by its first hit.
"""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest

from tests.strangler_faults import proxy
from tests.strangler_faults.crowd import CALM_SECONDS, EAGER_SECONDS
from tests.strangler_faults.suffering import suffer, suffer_in_shadow, suffer_silently

pytestmark = [pytest.mark.platform, pytest.mark.faults, pytest.mark.timeout(600)]

SOUND_TOTAL = "total_pence=event.total_pence,"
DEPLOYED = "projector bug deployed"
BROKEN_TOTAL = "total_pence=event.total_pence + 1,"


@pytest.fixture
def lambda_host_again(testbed):
    yield
    testbed.shop.control("start", "lambda-host")


@pytest.fixture
def events_again(testbed):
    yield
    testbed.let_events_in(is_allowed=True)


@pytest.fixture
def calmly(testbed):
    """Customers who leave time to compare: a busy monolith is not asked in the dark."""
    testbed.crowd.pause_seconds = CALM_SECONDS
    yield
    testbed.crowd.pause_seconds = EAGER_SECONDS


def spoiling(testbed, fault):
    """Return what puts a fault between the shop and the service."""

    def begin():
        testbed.proxy.fault = fault

    return begin


def test_service_that_stops(testbed, report, lambda_host_again):
    testbed.stand("canary-50")

    report(
        suffer(
            testbed, "service stopped", "canary-50",
            lambda: testbed.shop.control("stop", "lambda-host"),
        )
    )  # fmt: skip


def test_service_that_is_slow(testbed, report):
    testbed.stand("canary-50")

    report(suffer(testbed, "2 s slow", "canary-50", spoiling(testbed, proxy.slow)))


def test_service_that_answers_errors(testbed, report):
    testbed.stand("canary-50")

    fault = proxy.sometimes(0.05, proxy.error)
    report(suffer(testbed, "5 % errors", "canary-50", spoiling(testbed, fault)))


def test_service_that_answers_wrong_values(testbed, report):
    testbed.stand("canary-50")

    fault = proxy.sometimes(0.02, proxy.wrong_value)
    result = suffer(
        testbed, "2 % wrong values", "canary-50", spoiling(testbed, fault), may_be_wrong=True
    )

    report(result)


def test_wrong_values_in_the_shadow_are_seen_by_nobody(testbed, report, calmly):
    testbed.stand("shadow-100")

    fault = proxy.sometimes(0.02, proxy.wrong_value)
    report(
        suffer_in_shadow(
            testbed, "2 % wrong values", "shadow-100", spoiling(testbed, fault), watch="wrong"
        )
    )


def test_another_customers_page_in_the_shadow_is_found(testbed, report, calmly):
    testbed.stand("shadow-100")

    # One alone may be among the few that are not compared.
    fault = proxy.sometimes(0.05, proxy.page_of(testbed.stranger))
    result = suffer(testbed, "another's page, 5 %", "shadow-100", spoiling(testbed, fault))

    report(result)
    assert result.now == "frozen"


@pytest.mark.parametrize("rung", ["canary-50", "service"])
def test_another_customers_page_is_shown_to_nobody(testbed, report, rung):
    testbed.stand(rung)

    fault = proxy.first(proxy.page_of(testbed.stranger), spared=testbed.stranger)
    result = suffer(testbed, "another's page, once", rung, spoiling(testbed, fault))

    report(result)
    assert result.now == "frozen"


def test_rows_of_another_customer_on_the_right_page(testbed, report):
    testbed.stand("canary-50")

    fault = proxy.sometimes(0.2, proxy.row_of(testbed.stranger))
    result = suffer(testbed, "another's row, 20 %", "canary-50", spoiling(testbed, fault))

    report(result)
    assert result.now == "frozen"


def test_event_that_is_lost(testbed, report, events_again):
    testbed.stand("canary-50")
    victim = next(customer for customer in testbed.crowd.customers if customer.is_in)

    def lose_an_event():
        testbed.let_events_in(is_allowed=False)
        with testbed.exclusively(victim) as (api, truth):
            testbed.crowd.order(victim, api, truth)
        testbed.wait_for(lambda: testbed.lose_events_of(victim), "an event to lose")
        testbed.let_events_in(is_allowed=True)

    report(suffer(testbed, "one event lost", "canary-50", lose_an_event))
    testbed.proxy.fault = proxy.healthy
    testbed.repair()
    victim.may_order = True


@pytest.mark.parametrize("is_ordering", [True, False], ids=["orders", "no-orders"])
def test_events_that_stop(testbed, report, events_again, is_ordering):
    testbed.stand("service")
    testbed.crowd.is_ordering = is_ordering

    def stop_events():
        testbed.let_events_in(is_allowed=False)

    if is_ordering:
        result = suffer(testbed, "events stopped", "service", stop_events)
    else:
        result = suffer_silently(
            testbed, "events stopped, no orders", "service", stop_events, reason="breaker-open"
        )
    testbed.crowd.is_ordering = True
    report(result)


@pytest.mark.parametrize("rung", ["shadow-100", "canary-50"])
def test_projection_that_is_broken_by_a_deployment(testbed, report, rung):
    def order_again():
        testbed.crowd.is_ordering = True

    testbed.crowd.is_ordering = False
    testbed.wait_until_well()  # nothing of before is left for the broken one
    with testbed.broken_projection(SOUND_TOTAL, BROKEN_TOTAL):
        testbed.stand(rung)
        result = (
            suffer(testbed, DEPLOYED, rung, order_again, may_be_wrong=True)
            if rung == "canary-50"
            else suffer_in_shadow(testbed, DEPLOYED, rung, order_again, watch="wrong")
        )
    testbed.repair()
    report(result)


def test_control_tables_that_cannot_be_read(testbed, report):
    testbed.stand("service")

    with locked_out(testbed) as lock:
        result = suffer_silently(
            testbed, "control tables locked", "service", lock, reason="stage-unknown"
        )
    report(result)


def test_process_that_cannot_learn_of_a_roll_back(testbed, report):
    testbed.stand("service")
    testbed.database.execute("revoke select on strangler_pathstate from web_b")
    try:
        result = suffer(
            testbed, "one process cannot poll", "service", lambda: roll_back(testbed), by_hand=True
        )
    finally:
        testbed.database.execute("grant select on strangler_pathstate to web_b")
    report(result)


def roll_back(testbed):
    testbed.strangler("rollback", "order_history", "--to=monolith", "--reason=by hand")


@contextmanager
def locked_out(testbed):
    """Hold a lock on a control table, from when the function given is called."""
    with psycopg.connect(testbed.shop.addresses["postgres"]) as connection:
        yield lambda: connection.execute("lock table strangler_pathstate in access exclusive mode")
        connection.rollback()
