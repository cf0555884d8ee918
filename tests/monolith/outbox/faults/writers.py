"""The load: processes that record events in real transactions, many in few hot streams.

They write until they are `ahead` of the broker by so many events, so there is always a backlog and
never an endless one. What they committed for certain is in the ledger.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any, Self

from tests.monolith.outbox.faults import zygote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.synchronize import Event, Semaphore
    from pathlib import Path
    from uuid import UUID

HOT_STREAMS = ["customer/1", "product/HOT", "product/HOTTER"]
_OTHER_STREAMS = [f"{kind}/{number}" for kind in ("customer", "product") for number in range(2, 27)]
_HOT_SHARE = 0.6
_ROLLED_BACK_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a writer needs to know. With `pause_seconds` it rests after each transaction."""

    ledger: Path
    seed: str
    permits: Semaphore
    stopping: Event
    survives_crashes: bool
    pause_seconds: float


def write_until_told(assignment: Assignment) -> None:
    """Commit transaction after transaction: the body of a writer's process."""
    from django.db import Error, connection

    chance = random.Random(assignment.seed)
    ledger = os.open(assignment.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while not assignment.stopping.is_set():
        streams = _draw(chance)
        if not _may_write(assignment, len(streams)):
            return
        try:
            committed = _write(streams, roll_back=chance.random() < _ROLLED_BACK_SHARE)
        except Error:
            if not assignment.survives_crashes:
                raise
            # Whether that was committed is found out from the table, afterwards.
            committed = []
            connection.close()
            sleep(0.05)
        os.write(ledger, "".join(f"{event_id}\n" for event_id in committed).encode())
        for _ in range(len(streams) - len(committed)):
            assignment.permits.release()
        sleep(assignment.pause_seconds)


def write_once(ledger: Path, streams: Sequence[str]) -> None:
    """Commit one transaction: the body of a process that does nothing else."""
    committed = _write(streams, roll_back=False)
    with ledger.open("a") as file:
        file.write("".join(f"{event_id}\n" for event_id in committed))


def _draw(chance: random.Random) -> list[str]:
    count = chance.choice([1, 1, 1, 2, 3])
    pools = [HOT_STREAMS if chance.random() < _HOT_SHARE else _OTHER_STREAMS for _ in range(count)]
    return sorted({chance.choice(pool) for pool in pools})


def _may_write(assignment: Assignment, count: int) -> bool:
    for _ in range(count):
        while not assignment.permits.acquire(timeout=0.1):
            if assignment.stopping.is_set():
                return False
    return True


def _write(streams: Sequence[str], *, roll_back: bool) -> list[UUID]:
    from django.db import transaction

    from monolith.outbox.recording import record
    from tests.monolith.outbox.events import NOON, sold_out

    with transaction.atomic():
        recorded = [record(sold_out(), stream=stream, occurred_at=NOON) for stream in streams]
        transaction.set_rollback(roll_back)
    return [] if roll_back else recorded


class Writers:
    """The writers of one testbed. Whoever looks at the broker passes on how far it has come."""

    def __init__(self, *, ledger: Path, ahead: int) -> None:
        ledger.touch()
        self._ledger = ledger
        self._permits = zygote.ZYGOTE.Semaphore(ahead)
        self._stopping = zygote.ZYGOTE.Event()
        self._processes: list[Any] = []
        self._is_resting = False
        self._withheld = 0

    def start(
        self,
        *,
        seed: int,
        database: dict[str, Any],
        log: Path,
        count: int = 2,
        survives_crashes: bool = False,
        pause_seconds: float = 0.0,
    ) -> Self:
        """Start writing."""
        for number in range(count):
            assignment = Assignment(
                ledger=self._ledger,
                seed=f"{seed} writer {number}",
                permits=self._permits,
                stopping=self._stopping,
                survives_crashes=survives_crashes,
                pause_seconds=pause_seconds,
            )
            self._processes.append(
                zygote.start(write_until_told, assignment, database=database, log=log)
            )
        return self

    def note_published(self, count: int) -> None:
        """Let so many more events be written."""
        self._withheld += count
        if not self._is_resting:
            for _ in range(self._withheld):
                self._permits.release()
            self._withheld = 0

    def rest(self) -> None:
        """Write no more than what was allowed so far."""
        self._is_resting = True

    def go_on(self) -> None:
        """Write again."""
        self._is_resting = False
        self.note_published(0)

    def stop(self) -> None:
        """Finish the transactions under way and end.

        Raises:
            AssertionError: a writer had ended by itself.
        """
        self._stopping.set()
        for process in self._processes:
            process.join(30)
        ended = [process.exitcode for process in self._processes]
        assert not any(ended), f"writers ended with {ended}"
        self._processes = []

    def kill(self) -> None:
        """End at once, however it stands."""
        for process in self._processes:
            process.kill()
            process.join()

    def committed(self) -> set[str]:
        """Return the ids of all events that were certainly committed."""
        return set(self._ledger.read_text().split())
