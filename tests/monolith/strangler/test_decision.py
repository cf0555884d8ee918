from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monolith.strangler.decision import Source, Verdict, decide, judge
from monolith.strangler.stages import Stage

CALM = {"stage": Stage.SERVICE, "is_killed": False, "in_transaction": False, "has_address": True}


@pytest.mark.parametrize(
    ("facts", "source", "reason"),
    [
        ({}, Source.SERVICE, "stage"),
        ({"stage": Stage.RETIRED}, Source.SERVICE, "stage"),
        ({"stage": Stage.MONOLITH}, Source.MONOLITH, "stage"),
        ({"stage": Stage.BACKFILL}, Source.MONOLITH, "stage"),
        ({"stage": Stage.SHADOW}, Source.MONOLITH, "stage"),
        ({"stage": Stage.CANARY}, Source.MONOLITH, "stage"),
        ({"stage": None}, Source.MONOLITH, "stage-unknown"),
        ({"has_address": False}, Source.MONOLITH, "no-address"),
        ({"in_transaction": True}, Source.MONOLITH, "open-transaction"),
        ({"in_transaction": True, "stage": None}, Source.MONOLITH, "open-transaction"),
        ({"is_killed": True}, Source.MONOLITH, "kill-switch"),
        ({"is_killed": True, "stage": None}, Source.MONOLITH, "kill-switch"),
        ({"is_killed": True, "in_transaction": True}, Source.MONOLITH, "kill-switch"),
    ],
)
def test_source_follows_the_facts(facts, source, reason):
    decision = decide(**{**CALM, **facts})

    assert (decision.source, decision.reason) == (source, reason)


@given(
    stage=st.sampled_from([None, *Stage]),
    is_killed=st.booleans(),
    in_transaction=st.booleans(),
    has_address=st.booleans(),
)
def test_service_answers_only_when_nothing_speaks_against_it(
    stage, is_killed, in_transaction, has_address
):
    decision = decide(
        stage=stage, is_killed=is_killed, in_transaction=in_transaction, has_address=has_address
    )

    served = stage is not None and stage >= Stage.SERVICE and has_address
    assert (decision.source is Source.SERVICE) == (served and not (is_killed or in_transaction))


@pytest.mark.parametrize(
    ("as_of", "has_reread", "seconds_left", "verdict"),
    [
        (5, False, 0.3, Verdict.SHOW),
        (6, True, 0.0, Verdict.SHOW),
        (4, False, 0.3, Verdict.READ_AGAIN),
        (4, True, 0.3, Verdict.ASK_MONOLITH),
        (4, False, 0.2, Verdict.ASK_MONOLITH),
    ],
)
def test_answer_older_than_what_was_written_is_read_once_more_or_left(
    as_of, has_reread, seconds_left, verdict
):
    judged = judge(as_of=as_of, minimum_version=5, has_reread=has_reread, seconds_left=seconds_left)

    assert judged is verdict
