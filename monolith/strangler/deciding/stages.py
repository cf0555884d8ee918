"""How far a read has moved: the stages of the ladder, and their names."""

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
