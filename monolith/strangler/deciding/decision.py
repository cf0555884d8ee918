"""Who answers this read, and may this answer be shown? Pure: facts in, a decision out.

The rules are asked in their order and the first that has something to say decides, so a decision
can always be told again: which rule spoke, and which had nothing to say before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from monolith.strangler.deciding.cohort import is_in_share
from monolith.strangler.deciding.ladder import NO_DIAL, Dial
from monolith.strangler.deciding.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Below this, a second try would only make the customer wait before the monolith answers anyway.
WORTH_A_SECOND_READ_SECONDS = 0.15
PAUSE_BEFORE_SECOND_READ_SECONDS = 0.1


class Source(StrEnum):
    """Who answers."""

    MONOLITH = "monolith"
    SERVICE = "service"


class Hold(StrEnum):
    """What people, or an alarm, hold a path to."""

    NONE = ""
    PAUSED = "paused"  # nothing may climb; reads go on as they are
    FROZEN = "frozen"  # the monolith answers, and nothing is compared, until somebody lifts it


class Check(StrEnum):
    """What happens to a read after it was answered."""

    NOTHING = "nothing"
    SHADOW = "shadow"  # the monolith answered: ask the service what it would have said
    VERIFY = "verify"  # the service answered: ask the monolith whether that was right


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is in force for a path: its stage, how much of it, and what it is held to."""

    stage: Stage = Stage.MONOLITH
    dial: Dial = NO_DIAL
    hold: Hold = Hold.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision depends on.

    `held` is None when nobody could say for too long. `bucket` is None where nobody knows whom the
    read is about; `exception` is True for somebody put in by hand, False for somebody put out.
    `lot` is drawn anew for each read, 0 to 9,999, and only chooses what is compared.
    """

    held: Held | None
    is_killed: bool = False
    in_transaction: bool = False
    has_monolith: bool = True
    has_address: bool = True
    is_breaker_open: bool = False
    bucket: int | None = None
    exception: bool | None = None
    is_staff: bool = False
    lot: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where to read, why there, and what to do with the answer afterwards."""

    source: Source
    reason: str
    check: Check = Check.NOTHING

    def __str__(self) -> str:
        return f"{self.source}, because {self.reason}"


class Verdict(StrEnum):
    """What to do with an answer of the service."""

    SHOW = "show"
    READ_AGAIN = "read-again"
    ASK_MONOLITH = "read-your-writes"


def decide(facts: Facts) -> Decision:
    """Choose the source of a read; whatever is in doubt, the monolith answers.

    Inside an open transaction only the monolith's own connection sees what was written so far.
    """
    return next(filter(None, (rule(facts) for rule in _RULES)))


def trace(facts: Facts) -> Iterator[tuple[str, Decision | None]]:
    """Yield each rule's name and what it said (None: nothing), up to the one that decides."""
    for rule in _RULES:
        decision = rule(facts)
        yield rule.__name__.strip("_").replace("_", "-"), decision
        if decision is not None:
            return


def judge(
    *, as_of: int, minimum_version: int | None, has_reread: bool, seconds_left: float
) -> Verdict:
    """Tell whether an answer is recent enough for a customer whose writes reached that version.

    None as version: nobody could tell what they wrote, so nobody can tell that it is in there.
    """
    if minimum_version is None:
        return Verdict.ASK_MONOLITH
    if as_of >= minimum_version:
        return Verdict.SHOW
    if has_reread or seconds_left < PAUSE_BEFORE_SECOND_READ_SECONDS + WORTH_A_SECOND_READ_SECONDS:
        return Verdict.ASK_MONOLITH
    return Verdict.READ_AGAIN


def _retired(facts: Facts) -> Decision | None:
    is_retired = facts.held is not None and facts.held.stage is Stage.RETIRED
    if is_retired or not facts.has_monolith:
        return Decision(source=Source.SERVICE, reason="retired")
    return None


def _kill_switch(facts: Facts) -> Decision | None:
    return _monolith("kill-switch") if facts.is_killed else None


def _open_transaction(facts: Facts) -> Decision | None:
    return _monolith("open-transaction") if facts.in_transaction else None


def _stage_unknown(facts: Facts) -> Decision | None:
    return _monolith("stage-unknown") if facts.held is None else None


def _hold(facts: Facts) -> Decision | None:
    return _monolith("frozen") if _held(facts).hold is Hold.FROZEN else None


def _address(facts: Facts) -> Decision | None:
    return None if facts.has_address else _monolith("no-address")


def _stage(facts: Facts) -> Decision | None:
    stage = _held(facts).stage
    if stage < Stage.SHADOW:
        return _monolith("stage")
    return _shadowed(facts, "stage") if stage < Stage.CANARY else None


def _breaker(facts: Facts) -> Decision | None:
    # Where nobody stands behind the service, asking it is the only way to an answer.
    if facts.is_breaker_open and _held(facts).dial.has_fallback:
        return _monolith("breaker-open")
    return None


def _cohort(facts: Facts) -> Decision | None:
    held = _held(facts)
    if held.stage is not Stage.CANARY:
        return None
    if facts.exception is not None:
        return _by_exception(facts, facts.exception)
    if facts.is_staff:
        return _shadowed(facts, "staff")
    if facts.bucket is None:
        return _shadowed(facts, "nobody-known")
    if not is_in_share(facts.bucket, held.dial.canary_bp):
        return _shadowed(facts, "not-in-cohort")
    return _served(facts, "cohort")


def _service(facts: Facts) -> Decision | None:
    return _served(facts, "stage")


_RULES: tuple[Callable[[Facts], Decision | None], ...] = (
    _retired,
    _kill_switch,
    _open_transaction,
    _stage_unknown,
    _hold,
    _address,
    _stage,
    _breaker,
    _cohort,
    _service,
)


def _by_exception(facts: Facts, is_in: bool) -> Decision:  # noqa: FBT001
    return _served(facts, "put-in") if is_in else _shadowed(facts, "put-out")


def _monolith(reason: str, check: Check = Check.NOTHING) -> Decision:
    return _decision(Source.MONOLITH, reason, check)


def _shadowed(facts: Facts, reason: str) -> Decision:
    is_drawn = is_in_share(facts.lot, _held(facts).dial.shadow_bp)
    return _monolith(reason, Check.SHADOW if is_drawn else Check.NOTHING)


def _served(facts: Facts, reason: str) -> Decision:
    is_drawn = facts.has_monolith and is_in_share(facts.lot, _held(facts).dial.verify_bp)
    return _decision(Source.SERVICE, reason, Check.VERIFY if is_drawn else Check.NOTHING)


@cache
def _decision(source: Source, reason: str, check: Check) -> Decision:
    # There are two dozen different ones, and one is wanted with every read.
    return Decision(source=source, reason=reason, check=check)


def _held(facts: Facts) -> Held:
    return facts.held or Held()
