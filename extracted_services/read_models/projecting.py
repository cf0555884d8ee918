"""What the next event does to a copy of its stream. Pure: no store, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from event_contracts.registry import is_snapshot
from event_contracts.streams import stream_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_contracts.envelope import Envelope

Row = TypeVar("Row")


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    IGNORED = "ignored"  # it was known already, or nobody here asks about it
    AWAITING = "awaiting"  # let go: the snapshot that is to come will include it


class VersionGap(Exception):
    """An earlier event has not arrived. The event must be delivered again, after that one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a copy has come.

    `as_of` is the version that the rows reflect. While `awaiting_snapshot` it is the newest version
    that was let go: a snapshot must be at least as new. While `replacing` (the id of a snapshot's
    event) it is the version of that snapshot, of which only some rows are written yet.
    """

    as_of: int
    awaiting_snapshot: bool = False
    replacing: str | None = None

    @property
    def is_complete(self) -> bool:
        """Tell whether the rows are the stream's whole state."""
        return not self.awaiting_snapshot and self.replacing is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes(Generic[Row]):
    """All that one event changes of the copy called `key`, while its head is still `expected`.

    With `replacement` (an event id) the rows given are the whole copy: any other row goes.
    """

    key: str
    expected: Head | None
    head: Head
    rows: tuple[Row, ...] = ()
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Decision(Generic[Row]):
    """What becomes of an event, and what it changes, if anything."""

    outcome: Outcome
    changes: Changes[Row] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Generic[Row]):
    """What a service makes of a stream.

    An event of class `snapshot` states everything: `rows_of(snapshot, version)` are all rows then.
    Any other event changes `rows_after(event, version)`. `key_of(stream)` names the copy; who takes
    streams of several kinds needs more than what follows the kind.
    """

    snapshot: type
    rows_of: Callable[[Any, int], tuple[Row, ...]]
    rows_after: Callable[[Any, int], tuple[Row, ...]]
    key_of: Callable[[str], str] = stream_key

    def decide(self, envelope: Envelope, head: Head | None) -> Decision[Row]:
        """Decide what an event changes, given how far the copy of its stream has come.

        Raises:
            VersionGap: the event is not the next one.
        """
        if isinstance(envelope.data, self.snapshot):
            return self._replace(envelope, head)
        if is_snapshot(envelope.event_type):
            # Of another read model: no fact, and taken for one it would begin a whole copy.
            return Decision(Outcome.IGNORED)
        if head is None:
            return self._begin(envelope)
        if envelope.version <= head.as_of:
            return Decision(Outcome.IGNORED)
        if head.is_complete and envelope.version == head.as_of + 1:
            return self._apply(envelope, head)
        if head.awaiting_snapshot:
            return self._await_snapshot(envelope, head)
        raise VersionGap(f"{envelope.stream}: version {envelope.version} came after {head.as_of}")

    def _replace(self, envelope: Envelope, head: Head | None) -> Decision[Row]:
        # One older than what was applied, or let go, would take the copy back.
        if head is not None and envelope.version < head.as_of:
            return Decision(Outcome.IGNORED)
        changes = Changes(
            key=self.key_of(envelope.stream),
            expected=head,
            head=Head(as_of=envelope.version),
            rows=self.rows_of(envelope.data, envelope.version),
            replacement=str(envelope.event_id),
        )
        return Decision(Outcome.APPLIED, changes)

    def _begin(self, envelope: Envelope) -> Decision[Row]:
        # A stream that begins before our eyes is whole; any other has a past unknown to us.
        is_whole = envelope.version == 1
        return self._apply(envelope, None) if is_whole else self._await_snapshot(envelope, None)

    def _apply(self, envelope: Envelope, head: Head | None) -> Decision[Row]:
        changes = Changes(
            key=self.key_of(envelope.stream),
            expected=head,
            head=Head(as_of=envelope.version),
            rows=self.rows_after(envelope.data, envelope.version),
        )
        return Decision(Outcome.APPLIED, changes)

    def _await_snapshot(self, envelope: Envelope, head: Head | None) -> Decision[Row]:
        changes: Changes[Row] = Changes(
            key=self.key_of(envelope.stream),
            expected=head,
            head=Head(as_of=envelope.version, awaiting_snapshot=True),
        )
        return Decision(Outcome.AWAITING, changes)
