"""One read: the facts are gathered, a side answers, and what was answered is noted."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection
from django.utils import timezone

from monolith.strangler import registry, shadowing
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.decision import Check, Decision, Facts, Source, decide
from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.routing import asking, together
from monolith.strangler.routing.gathering import facts_about
from monolith.strangler.routing.request_reads import Answered, RequestReads, present_reads
from monolith.strangler.shadowing import Dark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monolith.strangler.registry import MovingRead


class AnswerUnavailable(Exception):
    """The service gave no answer that may be shown, and nobody stands behind it any more."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be answered just now: {reason}")
        self.path, self.reason = path, reason


def answer(path_name: str, query: Any) -> Answered:
    """Answer a read from the service or the monolith.

    The service's answer is used if it comes within STRANGLER_TIMEOUT_SECONDS, keeps its contract,
    has the version that its path declares, and whatever was written to its stream; else the
    monolith's is.

    Raises:
        PathNotDeclared: there is no such path. What the monolith's own query raises is raised, too.
        AnswerUnavailable: the path stands without a fallback, and its service does not answer.
    """
    path = registry.get_path(path_name)
    reads = present_reads()
    began = time.perf_counter()
    subject = path.subject_of(query)
    facts = _facts(path, subject, reads)
    decision = decide(facts)
    value, source, reason = _answer(path, query, decision, facts)
    answered = Answered(
        path=path.name,
        value=value,
        source=source,
        reason=reason,
        as_of=path.version_of(value),
        milliseconds=(time.perf_counter() - began) * 1000,
    )
    is_compared = decision.check is not Check.NOTHING and source is decision.source
    _note(answered, subject or "", facts, is_compared=is_compared)
    if is_compared:
        _compare_later(Dark.of(path, query, answered.value, decision.check), reads)
    if reads is not None:
        reads.answered.append(answered)
    return answered


def answer_together(path_name: str, queries: Sequence[Any]) -> list[Answered]:
    """Answer several questions of one read, in their order: each as `answer` does.

    Those that are put to the service go there in one request, where the path declares `together`.

    Raises:
        PathNotDeclared, AnswerUnavailable: as `answer` does.
    """
    with together.sharing(registry.get_path(path_name), queries):
        return [answer(path_name, query) for query in queries]


def _facts(path: MovingRead[Any, Any], subject: str | None, reads: RequestReads | None) -> Facts:
    return facts_about(
        path,
        subject or (reads.visitor if reads is not None else None),
        in_transaction=connection.in_atomic_block,
        is_staff=lambda: reads is not None and reads.is_staff,
        lot=random.randrange(WHOLE),  # noqa: S311 - it only chooses what is compared
    )


def _answer(
    path: MovingRead[Any, Any], query: Any, decision: Decision, facts: Facts
) -> tuple[Any, Source, str]:
    reason = decision.reason
    if decision.source is Source.SERVICE:
        is_alone = not has_fallback(facts)
        asked = asking.ask(path, query, reason=reason, is_alone=is_alone)
        if asked.value is not None:
            return asked.value, Source.SERVICE, asked.reason
        if is_alone:
            tallies.add(path.name, "unanswered", asked.reason)
            raise AnswerUnavailable(path.name, asked.reason)
        reason = asked.reason
    return _monolith_answer(path, query), Source.MONOLITH, reason


def has_fallback(facts: Facts) -> bool:
    """Tell whether the monolith stands behind the service for a read."""
    held = facts.held
    return facts.has_monolith and (held is None or held.dial.has_fallback)


def _monolith_answer(path: MovingRead[Any, Any], query: Any) -> Any:
    if not path.has_monolith:
        raise AnswerUnavailable(path.name, "retired")
    tallies.add(path.name, "old-path", "called")
    began = time.perf_counter()
    value = path.ask_monolith(query)
    tallies.time_taken(path.name, "latency-monolith", (time.perf_counter() - began) * 1000)
    return value


def _note(answered: Answered, subject: str, facts: Facts, *, is_compared: bool) -> None:
    path, milliseconds = answered.path, answered.milliseconds
    series = "latency-request-shadowed" if is_compared else "latency-request-plain"
    tallies.add_each(
        path,
        (
            ("answer", f"{answered.source}:{answered.reason}"),
            (series, tallies.bucket_name(milliseconds)),
        ),
    )
    tallies.record(
        tallies.Answered(
            request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
            path=path,
            subject=subject,
            source=answered.source,
            reason=answered.reason,
            as_of=answered.as_of,
            milliseconds=milliseconds,
            facts=facts,
            at=timezone.now(),
        )
    )


def _compare_later(dark: Dark, reads: RequestReads | None) -> None:
    if reads is None:
        shadowing.offer(dark)
    else:
        reads.afterwards.append(partial(shadowing.offer, dark))
