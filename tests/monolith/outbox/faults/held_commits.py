"""A transaction that got its ids and is then held in its COMMIT, while later ones overtake it.

A deferred trigger waits for an advisory lock, so it does not matter at which point of the
transaction the events are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from tests.monolith.outbox.faults import zygote
from tests.monolith.outbox.faults.databases import conninfo
from tests.monolith.outbox.faults.writers import write_once

if TYPE_CHECKING:
    from tests.monolith.outbox.faults.testbed import Testbed

LATE_STREAMS = ["customer/LATE", "product/LATE", "product/LATER"]
_INSTALL = """
    create function wait_for_leave() returns trigger language plpgsql as $$
    begin
        perform pg_advisory_xact_lock_shared(1);
        return null;
    end
    $$;
    create constraint trigger held_commit after insert on outbox_message
    deferrable initially deferred for each row when (new.stream like '%/LATE%')
    execute function wait_for_leave();
"""
_WAITING = """
    select from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and not l.granted and d.datname = current_database()
"""


class HeldCommit:
    """Events in `LATE_STREAMS`, written and not committed until `let_go`."""

    def __init__(self, testbed: Testbed) -> None:
        self._lock = psycopg.connect(conninfo(testbed.address), autocommit=True)
        self._lock.execute(_INSTALL)
        self._lock.execute("select pg_advisory_lock(1)")
        self._process = zygote.start(
            write_once,
            testbed.ledger,
            LATE_STREAMS,
            database=testbed.address,
            log=testbed.log,
        )
        testbed.wait_for(lambda: testbed.rows(_WAITING), "a transaction held in its commit")

    def let_go(self) -> None:
        """Let the transaction commit."""
        self._lock.close()
        self._process.join()
        assert self._process.exitcode == 0
