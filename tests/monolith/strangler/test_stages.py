from __future__ import annotations

import pytest

from monolith.strangler.stages import ENTERABLE, Stage, UnknownStage, next_enterable, stage_called


def test_ladder_keeps_its_order_and_its_stored_numbers():
    ladder = [(stage.label, int(stage)) for stage in Stage]

    assert ladder == [
        ("monolith", 0),
        ("backfill", 10),
        ("shadow", 20),
        ("canary", 30),
        ("service", 40),
        ("retired", 50),
    ]


def test_only_monolith_and_service_can_be_entered():
    assert ENTERABLE == (Stage.MONOLITH, Stage.SERVICE)


@pytest.mark.parametrize(
    ("stage", "following"),
    [(Stage.MONOLITH, Stage.SERVICE), (Stage.SHADOW, Stage.SERVICE), (Stage.SERVICE, None)],
)
def test_advance_leads_to_the_next_rung_that_can_be_entered(stage, following):
    assert next_enterable(stage) is following


def test_stage_is_found_by_what_people_call_it():
    assert stage_called("Service") is Stage.SERVICE


def test_unknown_stage_is_refused_with_the_ladder():
    with pytest.raises(UnknownStage, match="monolith, backfill, shadow, canary, service, retired"):
        stage_called("half-way")
