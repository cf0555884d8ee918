"""Answers a read from wherever its path stands. The caller never sees a service fail."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import connection

from monolith.outbox import recording
from monolith.strangler import clients, queries, registry
from monolith.strangler.decision import (
    PAUSE_BEFORE_SECOND_READ_SECONDS,
    Decision,
    Source,
    Verdict,
    decide,
    judge,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.sessions.backends.base import SessionBase

    from monolith.strangler.clients import ServiceClient
    from monolith.strangler.registry import MovingRead

logger = structlog.get_logger(__name__)

_WROTE_AT = "strangler_wrote_at"
# How long a session that wrote is held to the latest version; such a lag has long raised alarms.
HELD_SECONDS = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, who gave it and why they; `as_of` is the version that it reflects."""

    path: str
    value: Any
    source: Source
    reason: str
    as_of: int
    milliseconds: float


@dataclass(slots=True)
class RequestReads:
    """The moving reads of one request, and whether they must show all that was written before it.

    The session keeps when it wrote last and no read ever changes that: two requests of one session
    may overlap, and a read that saved the session could undo what a write just noted.
    """

    session: SessionBase
    has_no_memory: bool = False
    answered: list[Answered] = field(default_factory=list)

    def must_show_latest(self) -> bool:
        """Tell whether the customer may have written something that they have to see."""
        return self.has_no_memory or time.time() - self.session.get(_WROTE_AT, 0) < HELD_SECONDS

    def note_write(self) -> None:
        """Hold the session's later reads to the latest version."""
        if not self.session.is_empty():
            self.session[_WROTE_AT] = time.time()


_current: ContextVar[RequestReads | None] = ContextVar("strangler_request_reads", default=None)


@contextmanager
def noting_reads(reads: RequestReads) -> Iterator[None]:
    """Note every answer given inside, and hold it to the session's own writes."""
    token = _current.set(reads)
    try:
        yield
    finally:
        _current.reset(token)


def answer(path_name: str, query: Any, *, minimum_version: int = 0) -> Answered:
    """Answer a read from the service or the monolith.

    The service's answer is used if it comes within STRANGLER_TIMEOUT_SECONDS, keeps its contract
    and reflects `minimum_version` and whatever this session wrote; else the monolith answers.

    Raises:
        PathNotDeclared: there is no such path. What the monolith's own query raises is raised, too.
    """
    path = registry.get_path(path_name)
    began = time.perf_counter()
    value, source, reason = _answer(path, query, minimum_version)
    answered = Answered(
        path=path.name,
        value=value,
        source=source,
        reason=reason,
        as_of=path.version_of(value),
        milliseconds=(time.perf_counter() - began) * 1000,
    )
    if (reads := _current.get()) is not None:
        reads.answered.append(answered)
    return answered


def _answer(
    path: MovingRead[Any, Any], query: Any, minimum_version: int
) -> tuple[Any, Source, str]:
    client = clients.client_for(path.name)
    decision = _decide(path.name, has_address=client is not None)
    reason = decision.reason
    if client is not None and decision.source is Source.SERVICE:
        value, reason = _service_answer(path, query, minimum_version, client)
        if value is not None:
            return value, Source.SERVICE, reason
    return path.monolith_answer(query), Source.MONOLITH, reason


def _decide(path_name: str, *, has_address: bool) -> Decision:
    in_transaction = connection.in_atomic_block
    return decide(
        # Inside a transaction nobody looks: a failing look would spoil the caller's work.
        stage=None if in_transaction else queries.stages.stage_of(path_name),
        is_killed=queries.is_killed(path_name),
        in_transaction=in_transaction,
        has_address=has_address,
    )


def _service_answer(
    path: MovingRead[Any, Any], query: Any, minimum_version: int, client: ServiceClient
) -> tuple[Any | None, str]:
    """Return the service's answer and a reason; None where the monolith has to answer."""
    try:
        minimum_version = max(minimum_version, _own_version(path, query))
        return _recent_answer(path, query, minimum_version, client)
    except clients.ServiceError as error:
        logger.warning("read fell back", path=path.name, reason=error.reason, error=str(error))
        return None, f"fallback:{error.reason}"
    except Exception:  # nothing on the way to the service may reach the customer
        logger.exception("read fell back", path=path.name, reason="error")
        return None, "fallback:error"


def _own_version(path: MovingRead[Any, Any], query: Any) -> int:
    """Return the version that must be shown at least; after a write, that is the latest."""
    reads = _current.get()
    if reads is None or not reads.must_show_latest():
        return 0
    return recording.current_version(path.stream_of(query))


def _recent_answer(
    path: MovingRead[Any, Any], query: Any, minimum_version: int, client: ServiceClient
) -> tuple[Any | None, str]:
    deadline = time.monotonic() + settings.STRANGLER_TIMEOUT_SECONDS
    request = path.service_request(query)
    for has_reread in (False, True):
        value = client.get(
            request.path, request.parameters, answer_class=path.answer_class, deadline=deadline
        )
        verdict = judge(
            as_of=path.version_of(value),
            minimum_version=minimum_version,
            has_reread=has_reread,
            seconds_left=deadline - time.monotonic(),
        )
        if verdict is Verdict.SHOW:
            return value, "second-read" if has_reread else "stage"
        if verdict is Verdict.ASK_MONOLITH:
            break
        time.sleep(PAUSE_BEFORE_SECOND_READ_SECONDS)
    return None, Verdict.ASK_MONOLITH.value
