"""A broker that any number of relay processes share: a file to which each entry adds a line.

A line is written in one call, so what is in the file was accepted, whoever is killed afterwards.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from time import sleep
from typing import TYPE_CHECKING, Any

from monolith.outbox.publishers import BrokerUnavailable, Failure
from tests.monolith.outbox.faults.sink import FAULT, Fault, Publication

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from monolith.outbox.messages import Message
    from tests.monolith.outbox.faults.control import Control

_LONGEST_CALL_SECONDS = 0.004
_PATIENCE = 3
"""So often a message is refused at most, far fewer times than would park its stream."""


class FilePublisher:
    """Accepts everything. `label` tells the publications of one process from those of others."""

    def __init__(self, path: Path, *, label: str, control: Control, seed: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._label = label
        self._control = control
        self.chance = random.Random(f"{seed} {label}")

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        _send_to_self(self._control, "signal_before_call")
        self._accept(batch)
        _send_to_self(self._control, "signal_after_call")
        return []

    def _accept(self, batch: Sequence[Message], *, unanswered_call: int = 0) -> None:
        lines = [
            Publication(
                str(message.event_id),
                message.stream,
                int(json.loads(message.payload)["sequence"]),
                self._label,
                unanswered_call,
            ).line
            for message in batch
        ]
        sleep(self.chance.uniform(0, _LONGEST_CALL_SECONDS / 2))
        self._append(lines)
        sleep(self.chance.uniform(0, _LONGEST_CALL_SECONDS / 2))

    def _append(self, lines: list[str]) -> None:
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())


class UnreliablePublisher(FilePublisher):
    """Fails in every way that a broker has, by a seeded chance, and notes each failure."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._unanswered_calls = itertools.count(1)

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        behaviours = [
            super().publish,
            self._be_down,
            self._accept_without_answer,
            self._throttle,
            self._refuse_some,
            self._throttle_some,
        ]
        return self.chance.choices(behaviours, [80, 2, 2, 2, 7, 7])[0](batch)

    def _be_down(self, _batch: Sequence[Message]) -> list[Failure]:
        self._note(Fault.DOWN)
        raise BrokerUnavailable("connection refused")

    def _accept_without_answer(self, batch: Sequence[Message]) -> list[Failure]:
        self._note(Fault.UNANSWERED)
        self._accept(batch, unanswered_call=next(self._unanswered_calls))
        raise BrokerUnavailable("read timed out")

    def _throttle(self, _batch: Sequence[Message]) -> list[Failure]:
        self._note(Fault.THROTTLED)
        raise BrokerUnavailable("Throttled: rate exceeded")

    def _refuse_some(self, batch: Sequence[Message]) -> list[Failure]:
        self._note(Fault.REFUSED)
        return self._accept_others(batch, self._some(batch), is_own_fault=True)

    def _throttle_some(self, batch: Sequence[Message]) -> list[Failure]:
        self._note(Fault.ENTRY_THROTTLED)
        return self._accept_others(batch, self._some(batch), is_own_fault=False)

    def _some(self, batch: Sequence[Message]) -> list[Message]:
        return [m for m in batch if m.attempts < _PATIENCE and self.chance.random() < 1 / 2]

    def _accept_others(
        self, batch: Sequence[Message], failing: list[Message], *, is_own_fault: bool
    ) -> list[Failure]:
        self._accept([message for message in batch if message not in failing])
        return [Failure(message.event_id, "not now", is_own_fault) for message in failing]

    def _note(self, fault: Fault) -> None:
        self._append([f"{FAULT} {fault}"])


class FirstCallRefused(FilePublisher):
    """Refuses the whole first call, entry by entry, and accepts everything afterwards."""

    _has_refused = False

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        if self._has_refused:
            return super().publish(batch)
        self._has_refused = True
        _send_to_self(self._control, "signal_after_call")
        return [Failure(message.event_id, "not me") for message in batch]


def _send_to_self(control: Control, name: str) -> None:
    number = getattr(control, name)
    if number:
        setattr(control, name, 0)
        os.kill(os.getpid(), number)
        # The signal is the whole process's: this thread must not run ahead of it.
        sleep(0.001)
