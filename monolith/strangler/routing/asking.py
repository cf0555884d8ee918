"""Asks a service within a budget, for an answer that contains what its reader has written.

The token of what a reader wrote is the version of their stream. It is counted up in the very
transaction that writes, so it holds for all their devices and for what staff do on their behalf.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

from monolith.outbox import recording
from monolith.strangler.calling import clients
from monolith.strangler.calling.breaker import breaker_of
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.decision import PAUSE_BEFORE_SECOND_READ_SECONDS, Verdict, judge
from monolith.strangler.routing import missing, together

if TYPE_CHECKING:
    from monolith.strangler.calling.clients import Client
    from monolith.strangler.registry import MovingRead

logger = structlog.get_logger(__name__)

# Where nobody stands behind the service, a reader rather waits than gets nothing.
ALONE_SECONDS = 2.0
_READS_WITH_FALLBACK, _READS_ALONE = 2, 10


class AnswerLeaked(clients.ServiceError):
    """The answer holds what belongs to somebody else: nobody is shown it."""

    reason = "leak"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: an answer that may be shown, or the reason why there is none."""

    value: Any | None
    reason: str


def ask(path: MovingRead[Any, Any], query: Any, *, reason: str, is_alone: bool) -> Asked:
    """Ask the service; never raises. `is_alone`: it may take longer, nobody stands behind it."""
    client = clients.client_for(path.name)
    if client is None:
        return Asked(None, "fallback:no-address")
    if not is_alone and not breaker_of(path.name).admit():
        return Asked(None, "breaker-open")
    try:
        token = _least_version(path, query)
        asked = _recent_answer(path, query, token, client, reason, is_alone=is_alone)
    except together.FailedBefore as error:
        return Asked(None, f"fallback:{error.reason}")
    except clients.ServiceError as error:
        return _failed(path.name, error.reason, str(error))
    except Exception as error:  # nothing on the way to the service may reach the customer
        logger.exception("service not asked", path=path.name)
        return _failed(path.name, "error", repr(error))
    _note(path.name, is_failure=False)
    return asked


def _seconds_for(path: MovingRead[Any, Any], *, is_alone: bool) -> float:
    granted = path.timeout_seconds or settings.STRANGLER_TIMEOUT_SECONDS
    return max(ALONE_SECONDS, granted) if is_alone else granted


def _recent_answer(
    path: MovingRead[Any, Any],
    query: Any,
    token: int,
    client: Client,
    reason: str,
    *,
    is_alone: bool,
) -> Asked:
    deadline = time.monotonic() + _seconds_for(path, is_alone=is_alone)
    reads = _READS_ALONE if is_alone else _READS_WITH_FALLBACK
    for number in range(1, reads + 1):
        value = together.read(path, query, client, deadline)
        if _is_anybody_elses(path, query, value):
            tallies.alert(path.name, "leak")
            raise AnswerLeaked(path.name)
        as_of = path.version_of(value)
        verdict = judge(
            as_of=as_of,
            minimum_version=token,
            has_reread=number == reads,
            seconds_left=deadline - time.monotonic(),
        )
        if verdict is Verdict.SHOW:
            _note_arrived(path, query)
            _note_shown(path.name, as_of, token, number)
            return Asked(value, reason if number == 1 else "second-read")
        if verdict is Verdict.ASK_MONOLITH:
            break
        time.sleep(PAUSE_BEFORE_SECOND_READ_SECONDS)
    if (stream := path.stream_of(query)) is not None:
        missing.behind(path.name, stream, as_of=as_of, wanted=token)
    tallies.add(path.name, "ryw", "fell-back")
    tallies.observe(path.name, "stale", is_bad=True)
    return Asked(None, Verdict.ASK_MONOLITH.value)


def _least_version(path: MovingRead[Any, Any], query: Any) -> int:
    """Return the version that an answer must have; of many streams nobody is promised one."""
    stream, least = path.stream_of(query), path.least_version(query)
    return least if stream is None else max(least, recording.current_version(stream))


def _note_arrived(path: MovingRead[Any, Any], query: Any) -> None:
    if (stream := path.stream_of(query)) is not None:
        missing.caught_up(path.name, stream)


def _is_anybody_elses(path: MovingRead[Any, Any], query: Any, value: Any) -> bool:
    subject = path.subject_of(query)
    return subject is not None and any(owner != subject for owner in path.subjects_in(value))


def _note_shown(path: str, as_of: int, token: int, reads: int) -> None:
    # Counted apart from the judgement, so that a judgement gone wrong is seen.
    if as_of < token:
        tallies.add(path, "ryw", "violated")
        tallies.alert(path, "own-writes")
    else:
        tallies.add(path, "ryw", "reached" if reads == 1 else "waited")
        tallies.observe(path, "stale", is_bad=False)


def _failed(path: str, reason: str, error: str) -> Asked:
    logger.warning("read fell back", path=path, reason=reason, error=error)
    _note(path, is_failure=True)
    return Asked(None, f"fallback:{reason}")


def _note(path: str, *, is_failure: bool) -> None:
    tallies.observe(path, "errors", is_bad=is_failure)
    if breaker_of(path).note(is_failure=is_failure):
        tallies.add(path, "breaker", "opened")
        logger.warning("breaker opened", path=path)
