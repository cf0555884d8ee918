from __future__ import annotations

import pytest

from monolith.strangler.deciding.stages import Stage, UnknownStage, stage_called


def test_order_of_the_ladder_carries_meaning_and_never_changes():
    assert [(stage.label, stage.value) for stage in sorted(Stage)] == [
        ("monolith", 0),
        ("backfill", 10),
        ("shadow", 20),
        ("canary", 30),
        ("service", 40),
        ("retired", 50),
    ]


def test_stage_is_found_by_the_name_that_people_type():
    assert stage_called("canary") is Stage.CANARY


def test_unknown_name_is_answered_with_the_ladder():
    with pytest.raises(UnknownStage, match="monolith, backfill, shadow, canary, service, retired"):
        stage_called("attic")
