"""Who answers this read, and may this answer be shown? Pure: facts in, a decision out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from monolith.strangler.stages import Stage

# Below this, a second try would only make the customer wait before the monolith answers anyway.
WORTH_A_SECOND_READ_SECONDS = 0.15
PAUSE_BEFORE_SECOND_READ_SECONDS = 0.1


class Source(StrEnum):
    """Who answers."""

    MONOLITH = "monolith"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Decision:
    """Where to read, and why there."""

    source: Source
    reason: str


class Verdict(StrEnum):
    """What to do with an answer of the service."""

    SHOW = "show"
    READ_AGAIN = "read-again"
    ASK_MONOLITH = "read-your-writes"


def decide(
    *, stage: Stage | None, is_killed: bool, in_transaction: bool, has_address: bool
) -> Decision:
    """Choose the source of a read; whatever is in doubt, the monolith answers.

    `stage` is None when nobody could say for too long. Inside an open transaction only the
    monolith's own connection sees what was written so far.
    """
    if is_killed:
        return Decision(Source.MONOLITH, "kill-switch")
    if in_transaction:
        return Decision(Source.MONOLITH, "open-transaction")
    if stage is None:
        return Decision(Source.MONOLITH, "stage-unknown")
    if stage < Stage.SERVICE:
        return Decision(Source.MONOLITH, "stage")
    if not has_address:
        return Decision(Source.MONOLITH, "no-address")
    return Decision(Source.SERVICE, "stage")


def judge(*, as_of: int, minimum_version: int, has_reread: bool, seconds_left: float) -> Verdict:
    """Tell whether an answer is recent enough for a customer who has seen `minimum_version`."""
    if as_of >= minimum_version:
        return Verdict.SHOW
    if has_reread or seconds_left < PAUSE_BEFORE_SECOND_READ_SECONDS + WORTH_A_SECOND_READ_SECONDS:
        return Verdict.ASK_MONOLITH
    return Verdict.READ_AGAIN
