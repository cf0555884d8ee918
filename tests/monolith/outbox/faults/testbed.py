"""One outbox under fire: a database, writers, a broker and relays, and the verdict at the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from infra.local.waiting import NeverHappened, wait_until
from tests.monolith.outbox.faults import databases, zygote
from tests.monolith.outbox.faults.control import Control
from tests.monolith.outbox.faults.relays import Assignment, RelayProcess, real_relay
from tests.monolith.outbox.faults.sink import Sink
from tests.monolith.outbox.faults.verdicts import Verdict, judge
from tests.monolith.outbox.faults.writers import Writers, write_once
from tests.monolith.outbox.running import quick_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.monolith.outbox.faults.databases import Address

_AHEAD = 400
_LONGEST_WAIT_SECONDS = 100.0


class Testbed:
    """Everything of one scenario. Waiting goes through it, because it lets the writers go on."""

    __test__ = False

    def __init__(
        self, folder: Path, address: Address, seed: int, *, ahead: int = _AHEAD, **options: float
    ) -> None:
        self._folder = folder
        self.address = address
        self.seed = seed
        self.log = folder / "log"
        self.ledger = folder / "ledger"
        self.sink = Sink(folder / "sink")
        self.writers = Writers(ledger=self.ledger, ahead=ahead)
        self.options = quick_options(**options)
        self.relays: list[RelayProcess] = []

    def start_writers(self, **how: Any) -> None:
        """Start the load; see `Writers.start`."""
        self.writers.start(seed=self.seed, database=self.address, log=self.log, **how)

    def write_once(self, *streams: str) -> None:
        """Commit an event in each of the streams."""
        self.run(write_once, self.ledger, streams)

    def run(self, target: Callable[..., None], *arguments: Any) -> None:
        """Run a function on the database, in a process, to its end."""
        process = zygote.start(target, *arguments, database=self.address, log=self.log)
        process.join()
        assert process.exitcode == 0, self.log.read_text()

    def start_relay(self, name: str | None = None, **how: Any) -> RelayProcess:
        """Start a relay, under a new name unless one is given."""
        label = f"relay-{len(self.relays)}"
        assignment = Assignment(
            name=name or label,
            label=label,
            sink=self._folder / "sink",
            seed=self.seed,
            options=self.options,
            control=zygote.ZYGOTE.RawValue(Control),
            make=real_relay,
        )
        assignment = replace(assignment, **how)
        relay = RelayProcess.start(assignment, database=self.address, log=self.log)
        self.relays.append(relay)
        return relay

    def kill(self, relay: RelayProcess) -> None:
        """Kill -9, and note how far the broker had come."""
        relay.kill()
        relay.killed_at = self.look()

    def look(self) -> int:
        """See what the broker accepted, let the writers go on, and return how much it is."""
        self.writers.note_published(self.sink.look())
        return len(self.sink.publications)

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition while the load goes on.

        Raises:
            AssertionError: it did not hold in time.
        """

        def holds() -> bool:
            self.look()
            return bool(condition())

        try:
            wait_until(holds, what, seconds=_LONGEST_WAIT_SECONDS, every=0.003)
        except NeverHappened as never:
            ended = {relay.label: relay.process.exitcode for relay in self.relays}
            raise AssertionError(
                f"{never}; so far {self.verdict()}; seed {self.seed}; ended {ended}; see {self.log}"
            ) from never

    def wait_for_progress(self, more: int) -> None:
        """Wait until the broker has accepted so many more."""
        goal = self.look() + more
        self.wait_for(lambda: len(self.sink.publications) >= goal, f"{more} more publications")

    def wait_until_drained(self) -> None:
        """Wait until nothing is pending."""
        statement = "select 1 from outbox_message where published_at is null limit 1"
        self.wait_for(lambda: not self.rows(statement), "an empty backlog")

    def rows(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(databases.conninfo(self.address), autocommit=True) as connection:
            return connection.execute(statement, parameters).fetchall()

    def settle(self) -> Verdict:
        """Stop the load, wait until everything is published, stop the relays, and judge."""
        self.writers.stop()
        self.wait_until_drained()
        for relay in self.relays:
            if relay.killed_at is None:
                relay.stop()
        return self.verdict()

    def verdict(self) -> Verdict:
        """Judge what the broker accepted so far against what is committed so far."""
        self.look()
        return judge(self.recorded(), self.sink.publications)

    def recorded(self) -> set[str]:
        """Return the ids of all committed events: what writers know, and what the table tells.

        The table has the last word on commits that a crash left without an answer.
        """
        in_table = {
            str(event_id) for (event_id,) in self.rows("select event_id from outbox_message")
        }
        return self.writers.committed() | in_table

    def close(self) -> None:
        """End every process."""
        self.writers.kill()
        for relay in self.relays:
            relay.kill()
        self.sink.close()
