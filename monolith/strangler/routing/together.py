"""Several questions of one read in one request: whoever asks a page of them waits once.

Each question is decided, judged and compared as if it had been asked alone. Only the way to the
service is shared, and its fate: where the request fails, it fails for each of them.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from monolith.strangler.calling.clients import ServiceAnswerMalformed, ServiceError
from monolith.strangler.counting import tallies

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monolith.strangler.calling.clients import Client
    from monolith.strangler.registry import MovingRead, ServiceRequest


class FailedBefore(ServiceError):
    """The request that this question shares has failed, and has been counted as one failure."""

    def __init__(self, failure: ServiceError) -> None:
        super().__init__(str(failure))
        self.reason = failure.reason


class _Shared:
    """One request for several questions: made when the first of them is asked, each told once."""

    def __init__(self, path: MovingRead[Any, Any], queries: Sequence[Any]) -> None:
        self._path, self._queries = path, list(queries)
        self._parts: list[Any] | None = None
        self._milliseconds_each = 0.0
        self._failure: ServiceError | None = None

    def holds(self, path: MovingRead[Any, Any], query: Any) -> bool:
        """Tell whether a question is one of these, and has not been told its answer yet."""
        return path.name == self._path.name and query in self._queries

    def take(self, query: Any, client: Client, deadline: float) -> Any:
        """Return the answer to one question.

        Raises:
            ServiceError: the request failed.
            FailedBefore: it did, when another question was asked.
        """
        if self._failure is not None:
            raise FailedBefore(self._failure)
        if self._parts is None:
            self._parts = self._ask(client, deadline)
        place = self._queries.index(query)
        del self._queries[place]
        tallies.time_taken(self._path.name, "latency-service", self._milliseconds_each)
        return self._parts.pop(place)

    def _ask(self, client: Client, deadline: float) -> list[Any]:
        together = self._path.together
        assert together is not None  # noqa: S101 - nothing is shared otherwise
        self._failure = ServiceError("the way there is broken")  # unless it turns out otherwise
        count = len(self._queries)
        try:
            answer, took = _ask(self._path, together.request(self._queries), client, deadline)
            parts = [*together.parts(answer)]
            if len(parts) != count:
                raise ServiceAnswerMalformed(f"{len(parts)} answers to {count} questions")
        except ServiceError as error:
            self._failure = error
            raise
        self._failure, self._milliseconds_each = None, took / count
        return parts


_shared: ContextVar[_Shared | None] = ContextVar("shared", default=None)


@contextmanager
def sharing(path: MovingRead[Any, Any], queries: Sequence[Any]) -> Iterator[None]:
    """Let these questions share one request, if their path says how they can."""
    token = _shared.set(_Shared(path, queries) if path.together and len(queries) > 1 else None)
    try:
        yield
    finally:
        _shared.reset(token)


def read(path: MovingRead[Any, Any], query: Any, client: Client, deadline: float) -> Any:
    """Return the service's answer: out of the request that is shared, or of one of its own.

    Raises:
        ServiceError: there is none.
    """
    shared = _shared.get()
    if shared is not None and shared.holds(path, query):
        return shared.take(query, client, deadline)
    value, took = _ask(path, path.service_request(query), client, deadline)
    tallies.time_taken(path.name, "latency-service", took)
    return value


def _ask(
    path: MovingRead[Any, Any], request: ServiceRequest, client: Client, deadline: float
) -> tuple[Any, float]:
    began = time.perf_counter()
    value = client.get(
        request.path, request.parameters, answer_class=path.answer_class, deadline=deadline
    )
    return value, (time.perf_counter() - began) * 1000
