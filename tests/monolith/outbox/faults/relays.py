"""Relays in processes of their own, to be killed, frozen and deceived about the time."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import psutil

from infra.local.waiting import wait_until
from tests.monolith.outbox.faults import clocks, zygote
from tests.monolith.outbox.faults.brokers import FilePublisher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from monolith.outbox.configuration import RelayOptions
    from monolith.outbox.publishers import Publisher
    from tests.monolith.outbox.faults.control import Control


class Runnable(Protocol):
    """A relay, real or broken."""

    def run(self) -> None:
        """Relay until `stop`."""

    def stop(self) -> None:
        """End `run` soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What the process of a relay needs to know. `name` owns leases, `label` signs publications."""

    name: str
    label: str
    sink: Path
    seed: int
    options: RelayOptions
    control: Control
    make: Callable[[Assignment], Runnable]
    publisher: type[FilePublisher] = FilePublisher

    def make_publisher(self) -> Publisher:
        """Connect to the broker."""
        return self.publisher(self.sink, label=self.label, control=self.control, seed=self.seed)


def real_relay(assignment: Assignment) -> Runnable:
    """Make the relay that all this is about."""
    from monolith.outbox.relay import Relay  # only where the clocks can be moved

    return Relay(
        publisher=assignment.make_publisher(), options=assignment.options, name=assignment.name
    )


def relay_until_told(assignment: Assignment) -> None:
    """Relay until SIGTERM: the body of a relay's process."""
    clocks.follow(assignment.control)
    relay = assignment.make(assignment)
    signal.signal(signal.SIGTERM, lambda *_: relay.stop())
    relay.run()


@dataclass(slots=True)
class RelayProcess:
    """A running relay. `killed_at` is how much the broker had accepted when it was dead."""

    name: str
    label: str
    control: Control
    process: Any
    killed_at: int | None = field(default=None)

    @classmethod
    def start(cls, assignment: Assignment, *, database: dict[str, Any], log: Path) -> RelayProcess:
        """Fork a relay off."""
        process = zygote.start(relay_until_told, assignment, database=database, log=log)
        return cls(assignment.name, assignment.label, assignment.control, process)

    @property
    def is_frozen(self) -> bool:
        """Whether the kernel has stopped it."""
        return psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def send(self, number: int) -> None:
        """Send a signal."""
        psutil.Process(self.process.pid).send_signal(number)

    def freeze(self) -> None:
        """Stop it wherever it is, and wait until it stands still."""
        self.send(signal.SIGSTOP)
        wait_until(lambda: self.is_frozen, "a frozen relay", every=0.002)

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.join()

    def stop(self) -> None:
        """Let it finish and give back its shards.

        Raises:
            AssertionError: it did not end well.
        """
        self.process.terminate()
        self.process.join(30)
        ended = self.process.exitcode
        # By the signal itself: it had not even begun to relay.
        assert ended in {0, -signal.SIGTERM}, f"relay {self.label} ended with {ended}"
