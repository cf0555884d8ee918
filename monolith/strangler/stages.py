"""The ladder a moving read climbs: its rungs, and which can be entered in this release."""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    """How far a read has moved. The order carries meaning: code compares stages with `>=`.

    The numbers are stored; they leave room for rungs in between and never change.
    """

    MONOLITH = 0  # the monolith answers
    BACKFILL = 10  # the service is being filled
    SHADOW = 20  # the service is asked too, for comparison only
    CANARY = 30  # the service answers a share of the customers
    SERVICE = 40  # the service answers, the monolith stands behind it
    RETIRED = 50  # the monolith cannot answer any more

    @property
    def label(self) -> str:
        """The name as people type it."""
        return self.name.lower()


# The rungs in between are stored and ordered already, but nothing serves from them yet.
ENTERABLE = (Stage.MONOLITH, Stage.SERVICE)


class UnknownStage(Exception):
    """No rung of the ladder has this name."""

    def __init__(self, label: str) -> None:
        rungs = ", ".join(stage.label for stage in Stage)
        super().__init__(f"there is no stage {label!r}; the ladder is {rungs}")


def stage_called(label: str) -> Stage:
    """Return the stage that people call this.

    Raises:
        UnknownStage: there is none.
    """
    try:
        return Stage[label.upper()]
    except KeyError:
        raise UnknownStage(label) from None


def next_enterable(stage: Stage) -> Stage | None:
    """Return the rung that an advance leads to, or None at the top of what can be entered."""
    return next((rung for rung in ENTERABLE if rung > stage), None)
