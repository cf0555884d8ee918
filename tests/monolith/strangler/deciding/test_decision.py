from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.deciding.decision import (
    Check,
    Facts,
    Held,
    Hold,
    Source,
    Verdict,
    decide,
    judge,
    trace,
)
from monolith.strangler.deciding.ladder import RUNGS, WHOLE, rung_called
from monolith.strangler.deciding.stages import Stage

MONOLITH, SERVICE = Source.MONOLITH, Source.SERVICE


def facts(rung="service", *, hold=Hold.NONE, **changes):
    standing = rung_called(rung)
    held = Held(stage=standing.stage, dial=standing.dial, hold=hold)
    return Facts(**{"held": held, "bucket": 0, **changes})


@pytest.mark.parametrize(
    ("asked", "source", "reason", "check"),
    [
        (facts("monolith"), MONOLITH, "stage", Check.NOTHING),
        (facts("backfill"), MONOLITH, "stage", Check.NOTHING),
        (facts("shadow-1", lot=99), MONOLITH, "stage", Check.SHADOW),
        (facts("shadow-1", lot=100), MONOLITH, "stage", Check.NOTHING),
        (facts("shadow-100", lot=9_999), MONOLITH, "stage", Check.SHADOW),
        (facts("canary-5", bucket=499), SERVICE, "cohort", Check.VERIFY),
        (facts("canary-5", bucket=500), MONOLITH, "not-in-cohort", Check.SHADOW),
        (facts("canary-25", bucket=7, lot=2_499), SERVICE, "cohort", Check.VERIFY),
        (facts("canary-25", bucket=7, lot=2_500), SERVICE, "cohort", Check.NOTHING),
        (facts("canary-50", bucket=None), MONOLITH, "nobody-known", Check.SHADOW),
        (facts("canary-50", is_staff=True), MONOLITH, "staff", Check.SHADOW),
        (facts("canary-1", is_staff=True, exception=True), SERVICE, "put-in", Check.VERIFY),
        (facts("canary-1", bucket=9_000, exception=True), SERVICE, "put-in", Check.VERIFY),
        (facts("canary-50", exception=False), MONOLITH, "put-out", Check.SHADOW),
        (facts("service", lot=99), SERVICE, "stage", Check.VERIFY),
        (facts("service", lot=100, is_staff=True), SERVICE, "stage", Check.NOTHING),
        (facts("service", is_breaker_open=True), MONOLITH, "breaker-open", Check.NOTHING),
        (facts("service-alone", is_breaker_open=True), SERVICE, "stage", Check.VERIFY),
        (facts("service", has_address=False), MONOLITH, "no-address", Check.NOTHING),
        (facts("service", in_transaction=True), MONOLITH, "open-transaction", Check.NOTHING),
        (facts("service", is_killed=True), MONOLITH, "kill-switch", Check.NOTHING),
        (facts("shadow-100", is_killed=True), MONOLITH, "kill-switch", Check.NOTHING),
        (facts("service", hold=Hold.FROZEN), MONOLITH, "frozen", Check.NOTHING),
        (facts("shadow-100", hold=Hold.FROZEN), MONOLITH, "frozen", Check.NOTHING),
        (facts("service", hold=Hold.PAUSED, lot=100), SERVICE, "stage", Check.NOTHING),
        (Facts(held=None), MONOLITH, "stage-unknown", Check.NOTHING),
        (facts("retired", is_killed=True, in_transaction=True), SERVICE, "retired", Check.NOTHING),
        (Facts(held=None, has_monolith=False), SERVICE, "retired", Check.NOTHING),
    ],
)
def test_source_follows_the_facts(asked, source, reason, check):
    decision = decide(asked)

    assert (decision.source, decision.reason, decision.check) == (source, reason, check)


doubts = st.fixed_dictionaries(
    {
        "is_killed": st.booleans(),
        "in_transaction": st.booleans(),
        "has_address": st.booleans(),
        "is_breaker_open": st.booleans(),
    }
)
any_facts = st.builds(
    facts,
    st.sampled_from([rung.name for rung in RUNGS]),
    hold=st.sampled_from(Hold),
    bucket=st.none() | st.integers(0, WHOLE - 1),
    exception=st.none() | st.booleans(),
    is_staff=st.booleans(),
    lot=st.integers(0, WHOLE - 1),
)


@given(any_facts, doubts)
def test_any_doubt_leads_to_the_monolith_for_as_long_as_there_is_one(asked, doubt):
    given_facts = Facts(
        **{
            **{name: getattr(asked, name) for name in Facts.__slots__},
            **doubt,
        }
    )
    is_in_doubt = (
        doubt["is_killed"] or doubt["in_transaction"] or not doubt["has_address"]
    ) and asked.held.stage is not Stage.RETIRED

    assert not is_in_doubt or decide(given_facts).source is MONOLITH


@given(any_facts)
def test_nobody_outside_the_share_is_served_below_stage_service(asked):
    is_outside = asked.bucket is None or asked.bucket >= asked.held.dial.canary_bp
    if asked.held.stage < Stage.SERVICE and is_outside and not asked.exception:
        assert decide(asked).source is MONOLITH


@given(any_facts)
def test_trace_ends_with_the_decision_and_every_rule_before_it_was_silent(asked):
    steps = list(trace(asked))

    assert steps[-1][1] == decide(asked)
    assert all(said is None for _, said in steps[:-1])


@pytest.mark.parametrize(
    ("as_of", "minimum_version", "has_reread", "seconds_left", "verdict"),
    [
        (5, 5, False, 0.3, Verdict.SHOW),
        (6, 5, False, 0.3, Verdict.SHOW),
        (5, 5, True, 0.0, Verdict.SHOW),
        (4, 5, False, 0.3, Verdict.READ_AGAIN),
        (4, 5, False, 0.25, Verdict.READ_AGAIN),
        (4, 5, False, 0.24, Verdict.ASK_MONOLITH),
        (4, 5, True, 0.3, Verdict.ASK_MONOLITH),
        (9, None, False, 0.3, Verdict.ASK_MONOLITH),
    ],
)
def test_answer_is_shown_only_if_it_contains_what_the_customer_wrote(
    as_of, minimum_version, has_reread, seconds_left, verdict
):
    judged = judge(
        as_of=as_of,
        minimum_version=minimum_version,
        has_reread=has_reread,
        seconds_left=seconds_left,
    )

    assert judged is verdict


@given(st.integers(0, 100), st.integers(0, 100), st.booleans(), st.floats(0, 1))
def test_answer_that_is_too_old_is_never_shown(as_of, minimum_version, has_reread, seconds_left):
    judged = judge(
        as_of=as_of,
        minimum_version=minimum_version,
        has_reread=has_reread,
        seconds_left=seconds_left,
    )

    assert (judged is Verdict.SHOW) == (as_of >= minimum_version)
