"""A broker that any number of relay processes share: a file to which each entry adds a line.

A line is written in one call, so what is in the file was accepted, whoever is killed afterwards.
"""

from __future__ import annotations

import json
import os
import random
from time import sleep
from typing import TYPE_CHECKING

from monolith.outbox.publishers import BrokerUnavailable, Failure
from tests.monolith.outbox.faults.sink import FAULT, Publication

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
        self._accept(batch, answered=True)
        _send_to_self(self._control, "signal_after_call")
        return []

    def _accept(self, batch: Sequence[Message], *, answered: bool) -> None:
        sleep(self.chance.uniform(0, _LONGEST_CALL_SECONDS / 2))
        self._append([self._publication(message, answered=answered) for message in batch])
        sleep(self.chance.uniform(0, _LONGEST_CALL_SECONDS / 2))

    def _publication(self, message: Message, *, answered: bool) -> str:
        version = json.loads(message.payload)["sequence"]
        event_id = str(message.event_id)
        return Publication(event_id, message.stream, int(version), self._label, answered).line

    def _append(self, lines: list[str]) -> None:
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())


class UnreliablePublisher(FilePublisher):
    """Fails in every way that a broker has, by a seeded chance, and notes each failure."""

    def publish(self, batch: Sequence[Message]) -> list[Failure]:
        behaviours = [
            super().publish,
            self._be_down,
            self._accept_without_answer,
            self._throttle,
            self._refuse_some,
        ]
        return self.chance.choices(behaviours, [92, 2, 2, 1, 3])[0](batch)

    def _be_down(self, batch: Sequence[Message]) -> list[Failure]:
        self._append([f"{FAULT} down"])
        raise BrokerUnavailable("connection refused")

    def _accept_without_answer(self, batch: Sequence[Message]) -> list[Failure]:
        self._append([f"{FAULT} unanswered"])
        self._accept(batch, answered=False)
        raise BrokerUnavailable("read timed out")

    def _throttle(self, batch: Sequence[Message]) -> list[Failure]:
        self._append([f"{FAULT} throttled"])
        raise BrokerUnavailable("Throttled: rate exceeded")

    def _refuse_some(self, batch: Sequence[Message]) -> list[Failure]:
        is_own_fault = self.chance.random() < 1 / 2
        refused = [
            message
            for message in batch
            if self.chance.random() < 1 / 2 and not (is_own_fault and message.attempts >= _PATIENCE)
        ]
        self._append([f"{FAULT} {'refused' if is_own_fault else 'entry throttled'}"] * len(refused))
        self._accept([message for message in batch if message not in refused], answered=True)
        return [Failure(message.event_id, "not now", is_own_fault) for message in refused]


def _send_to_self(control: Control, name: str) -> None:
    number = getattr(control, name)
    if number:
        setattr(control, name, 0)
        os.kill(os.getpid(), number)
        # The signal is the whole process's: this thread must not run ahead of it.
        sleep(0.001)
