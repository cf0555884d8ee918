"""Events wait here until their transaction commits, and go into the table in one statement.

Django has no hook before the commit, so the connection gets one. Savepoints are followed by
listening to the SQL that passes: whoever sets one, whatever is rolled back takes its events along.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from monolith.outbox import waking
from monolith.outbox.writing import Entry, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

_CONTROL = re.compile(
    r"\s*(?:(savepoint)|(rollback\s+(?:work\s+|transaction\s+)?to)|(release)"
    r"|commit|rollback|abort|end|begin|start\s+transaction|prepare\s+transaction)\b"
    r'(?:\s+savepoint)?\s*"?([^";\s]*)',
    re.IGNORECASE,
)
_ATTRIBUTE = "outbox_buffer"


class TransactionBypassed(Exception):
    """SQL by hand would end the transaction without its events: leave that to Django's `atomic`."""


class _Savepoint(NamedTuple):
    name: str
    recorded: int
    written: int


class Buffer:
    """The events of the transaction that is open on one connection, in the order of recording."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._entries: list[Entry] = []
        self._written = 0
        self._savepoints: list[_Savepoint] = []

    def add(self, entry: Entry) -> None:
        """Keep an event until the commit."""
        self._entries.append(entry)

    def waits_for(self, stream: str) -> bool:
        """Return whether an event of a stream has not been written yet."""
        return any(entry.stream == stream for entry in self._entries[self._written :])

    def flush(self, *, then_commit: bool = False) -> None:
        """Write what has not been written yet; end the transaction only if told to."""
        waiting = self._entries[self._written :]
        if waiting:
            write(self._connection, waiting, then_commit=then_commit)
            self._written = len(self._entries)

    def forget(self) -> bool:
        """Begin anew: the transaction is over. Return whether it had events."""
        had_events = bool(self._entries)
        self._entries, self._written, self._savepoints = [], 0, []
        return had_events

    def watch(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        """Follow savepoints: a wrapper around every statement, as Django's instrumentation has."""
        control = _CONTROL.match(sql) if self._entries and isinstance(sql, str) else None
        if control is None:
            return execute(sql, *rest)
        sets, rolls_back, releases, name = control.groups()
        if not (sets or rolls_back or releases):
            raise TransactionBypassed(f"{sql.strip()}: {len(self._entries)} recorded events wait")
        if releases and _only_the_test_case_is_left(self._connection):
            self.flush()
        outcome = execute(sql, *rest)
        if sets:
            self._savepoints.append(_Savepoint(name, len(self._entries), self._written))
        else:
            self._return_to(name, keep_events=bool(releases))
        return outcome

    def _return_to(self, name: str, *, keep_events: bool) -> None:
        # One that was set before the first event was recorded is not known: nothing was there yet.
        found = _Savepoint(name, 0, 0)
        while self._savepoints:
            if self._savepoints[-1].name == name:
                found = self._savepoints[-1]
                break
            self._savepoints.pop()
        if keep_events:
            del self._savepoints[-1:]
        else:
            del self._entries[found.recorded :]
            self._written = found.written


def buffer_of(connection: BaseDatabaseWrapper) -> Buffer:
    """Return the buffer of a connection, which is attached to it when first asked for."""
    found: Buffer | None = getattr(connection, _ATTRIBUTE, None)
    return found or _attach(connection)


def in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Return whether an `atomic` block is open; the one around Django's test cases is none."""
    return connection.in_atomic_block and not _only_the_test_case_is_left(connection)


def _only_the_test_case_is_left(connection: BaseDatabaseWrapper) -> bool:
    # In a test that is rolled back there is no commit; leaving its outermost block stands for it.
    blocks: list[Any] = connection.atomic_blocks
    # Those of test cases are the outermost.
    return bool(blocks) and blocks[-1]._from_testcase  # noqa: SLF001


def _attach(connection: BaseDatabaseWrapper) -> Buffer:
    buffer = Buffer(connection)
    commit, rollback, close = connection.commit, connection.rollback, connection.close

    def commit_with_events() -> None:
        try:
            buffer.flush(then_commit=True)
        except BaseException:
            rollback_without_events()
            raise
        commit()
        if buffer.forget():
            waking.nudge()

    def rollback_without_events() -> None:
        buffer.forget()
        rollback()

    def close_without_events() -> None:
        buffer.forget()
        close()

    replacements = {
        "commit": commit_with_events,
        "rollback": rollback_without_events,
        "close": close_without_events,
        _ATTRIBUTE: buffer,
    }
    for name, replacement in replacements.items():
        setattr(connection, name, replacement)
    # First in the list: whoever adds a wrapper for a while takes away the last.
    connection.execute_wrappers.insert(0, buffer.watch)
    return buffer
