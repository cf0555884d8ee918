from __future__ import annotations

import pytest

from monolith.strangler.deciding.ladder import (
    RUNGS,
    WHOLE,
    Dial,
    UnknownRung,
    rung_above,
    rung_at,
    rung_below,
    rung_called,
)
from monolith.strangler.deciding.stages import Stage


def test_rungs_stand_in_this_order():
    assert [rung.name for rung in RUNGS] == [
        "monolith",
        "backfill",
        "shadow-1",
        "shadow-10",
        "shadow-100",
        "canary-1",
        "canary-5",
        "canary-25",
        "canary-50",
        "service",
        "service-alone",
        "retired",
    ]
    assert [rung.stage for rung in RUNGS] == sorted(rung.stage for rung in RUNGS)


def test_more_customers_are_served_the_higher_the_rung():
    served = [rung.dial.canary_bp for rung in RUNGS]

    assert served == sorted(served)
    assert served[0] == 0
    assert served[-1] == WHOLE


def test_every_rung_is_found_by_its_own_dial():
    assert [rung_at(rung.stage, rung.dial) for rung in RUNGS] == list(RUNGS)


@pytest.mark.parametrize(
    ("stage", "dial", "reached"),
    [
        (Stage.CANARY, Dial(shadow_bp=WHOLE, canary_bp=2_499), "canary-5"),
        (Stage.CANARY, Dial(shadow_bp=WHOLE, canary_bp=0), "canary-1"),
        (Stage.CANARY, Dial(shadow_bp=WHOLE, canary_bp=2_500, verify_bp=0), "canary-25"),
        (Stage.SHADOW, Dial(shadow_bp=999), "shadow-1"),
        (Stage.SERVICE, Dial(canary_bp=WHOLE, has_fallback=False), "service-alone"),
    ],
)
def test_dial_turned_down_stands_on_the_rung_below(stage, dial, reached):
    assert rung_at(stage, dial).name == reached


def test_ladder_ends_at_both_ends():
    assert rung_below(rung_called("monolith")) is None
    assert rung_above(rung_called("retired")) is None
    assert rung_above(rung_called("shadow-100")) is rung_called("canary-1")
    assert rung_below(rung_called("canary-1")) is rung_called("shadow-100")


def test_unknown_rung_is_answered_with_the_ladder():
    with pytest.raises(UnknownRung, match=r"canary-2.*shadow-100"):
        rung_called("canary-2")
