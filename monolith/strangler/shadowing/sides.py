"""Asks both sides for an answer that nobody waits for, within a budget."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from monolith.strangler.calling import clients
from monolith.strangler.calling.clients import ServiceError, ServiceTimeout
from monolith.strangler.comparison import Outcome
from monolith.strangler.mismatches import observing
from monolith.strangler.shadowing.hooks import hook

if TYPE_CHECKING:
    from monolith.strangler.registry import MovingRead

BUDGET_SECONDS = 0.8
"""How long a dark read may take of what people wait for as for a page: twice as long as they do."""


class _Bound(threading.local):
    """By how many seconds this thread's statements are bound, if they are."""

    seconds: float | None = None


_bound = _Bound()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why the service gave no answer."""

    outcome: Outcome


def ask_service(path: MovingRead[Any, Any], query: Any) -> Any:
    """Return the service's answer, or `Unanswered`.

    Raises:
        HookFailed: the path could not even say what to ask.
    """
    with hook("service-request"):
        request = path.service_request(query)
    client = clients.client_for(path.name)
    if client is None:
        return Unanswered(Outcome.ERROR)
    began = time.monotonic()
    try:
        return client.get(
            request.path,
            request.parameters,
            answer_class=path.answer_class,
            deadline=began + budget_of(path),
        )
    except ServiceTimeout:
        return Unanswered(Outcome.TIMEOUT)
    except ServiceError:
        return Unanswered(Outcome.ERROR)
    finally:
        observing.asked_service(path.name, milliseconds=(time.monotonic() - began) * 1000)


def read_monolith(path: MovingRead[Any, Any], query: Any) -> Any:
    """Return the monolith's answer, over a connection that gives up after the path's budget.

    Raises:
        HookFailed: it has none to give.
    """
    with hook("monolith-answer"):
        if _bound.seconds is not None:
            bound_statements(budget_of(path))
        return path.ask_monolith(query)


def budget_of(path: MovingRead[Any, Any]) -> float:
    """Return how many seconds a dark read may take: never fewer than a reader waits for it."""
    return max(BUDGET_SECONDS, path.timeout_seconds or 0.0)


def bound_statements(seconds: float = BUDGET_SECONDS) -> None:
    """Have this thread's connection give up what takes longer.

    A dark read is the first thing that a busy database should give up. Threads that were never
    bound, as that of a replay, stay so.

    Raises:
        DatabaseError: there is no connection to be had.
    """
    if connection.connection is None or connection.connection.closed:
        connection.close()
        _bound.seconds = None
    if _bound.seconds != seconds:
        with connection.cursor() as cursor:
            cursor.execute(f"set statement_timeout = {int(seconds * 1000)}")
        _bound.seconds = seconds
