"""The moving reads of one request: who asks, what was answered, what is compared afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest

    from monolith.strangler.deciding.decision import Source

VISITOR_COOKIE = "visitor"


class Answered(NamedTuple):
    """An answer, who gave it and why they; `as_of` is the version that it reflects."""

    path: str
    value: Any
    source: Source
    reason: str
    as_of: int
    milliseconds: float


@dataclass(slots=True)
class RequestReads:
    """What a request has read so far; `afterwards` is called when its response is made."""

    request: HttpRequest
    answered: list[Answered] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    new_visitor: str = ""

    @property
    def is_staff(self) -> bool:
        """Whether a member of staff asks."""
        user = getattr(self.request, "user", None)
        return bool(user and user.is_staff)

    @property
    def visitor(self) -> str:
        """A stranger's lasting name, from their signed cookie; a new one where they have none."""
        known = self.request.get_signed_cookie(VISITOR_COOKIE, default="")
        if known:
            return visitor_called(known)
        self.new_visitor = self.new_visitor or uuid4().hex
        return visitor_called(self.new_visitor)


def visitor_called(name: str) -> str:
    """Return the subject that a stranger is, whose cookie has this name in it."""
    return f"visitor-{name}"


_current: ContextVar[RequestReads | None] = ContextVar("strangler_request_reads", default=None)


def present_reads() -> RequestReads | None:
    """Return the reads of the request that is being answered; None outside of any."""
    return _current.get()


@contextmanager
def noting_reads(reads: RequestReads) -> Iterator[None]:
    """Note every answer given inside."""
    token = _current.set(reads)
    try:
        yield
    finally:
        _current.reset(token)
