"""Whether anything may have changed since the last checkpoint, told from the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

# An empty ReceiveMessage is what idle consumers do all day; one that took something is followed
# by a delete, and a receive that is forgotten costs nothing but its count.
READING = (
    "BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Query", "Receive", "Scan",
    "TransactGet",
)  # fmt: skip
NEVER_CHANGING_PATHS = ("/_ministack", "/_aws/execute-api")


class ChangeWatch:
    """An ASGI application around ministack's; also marked by hand for work without a request."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self._application = application
        self.has_changes = False

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and may_change(scope):
            self.has_changes = True
        await self._application(scope, receive, send)

    def mark(self) -> None:
        """Note a change that came without a request."""
        self.has_changes = True

    def take(self) -> bool:
        """Say whether there were changes, and start afresh."""
        changed, self.has_changes = self.has_changes, False
        return changed


def may_change(scope: dict[str, Any]) -> bool:
    """Say whether a request may change state; when in doubt it may."""
    if scope["path"].startswith(NEVER_CHANGING_PATHS):
        return False
    target = _header(scope["headers"], b"x-amz-target")
    if target:
        return not target.rpartition(".")[2].startswith(READING)
    return scope["method"] not in {"GET", "HEAD"}


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in headers if name == wanted), "")
