"""Ways to wake a relay: what each costs the writers, and how soon it wakes.

Nothing here has a bar: these are the figures of docs/decisions/0013.
"""

from __future__ import annotations

import random
import re
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

from benchmarks.figures import told
from benchmarks.outbox import rounds
from infra.local.postgres import binaries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.figures import Figure
    from benchmarks.outbox.servers import Server

WRITERS = 8
SECONDS = 2
POLLS = (1.0, 0.1)
LOOKS = 40
_COALESCED_SECONDS = 0.02  # as monolith.outbox.waking
_INSERT = """
    insert into outbox_message (shard, event_id, stream, version, event_type, topic, payload)
    values (:client_id, gen_random_uuid(), 'product/' || :client_id, 1, 'any', 'product', '{}')
"""
_NOTIFY_INSIDE = f"begin;\n{_INSERT};\nselect pg_notify('outbox', '');\ncommit;\n"
_WITHOUT = f"begin;\n{_INSERT};\ncommit;\n"
_RATE = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


def measure(server: Server) -> list[Figure]:
    """Let writers commit with each kind of wake-up, then poll as an alternative would."""
    with server.database() as url, _listener(url):
        rates = rounds.medians(
            {
                "none": partial(_writes, url, _WITHOUT),
                "inside": partial(_writes, url, _NOTIFY_INSIDE),
                "coalesced": lambda number: _writes_beside_a_waker(url, number),
            },
            rounds=rounds.ROUNDS,
        )
        polled = [_polling(url, seconds) for seconds in POLLS]
    reference = f"{rates['none']:,.0f} commits/s of {WRITERS} writers without a wake-up"
    return [
        told("wake-up by NOTIFY in the transaction", rates["inside"] / rates["none"],
             "of the commits", reference=reference),
        told("wake-up after the commit, coalesced (ours)", rates["coalesced"] / rates["none"],
             "of the commits", reference=reference),
        *polled,
    ]  # fmt: skip


def _writes(url: str, script: str, _number: int) -> float:
    """Return the transactions per second that pgbench's writers commit."""
    address = urlsplit(url)
    ended = subprocess.run(
        [
            binaries() / "pgbench",
            "--no-vacuum", "--protocol=prepared", "--file=-",
            f"--client={WRITERS}", "--jobs=2", f"--time={SECONDS}",
            f"--host={address.hostname}", f"--port={address.port}",
            f"--username={address.username}", address.path.lstrip("/"),
        ],
        input=script, text=True, capture_output=True, check=True,
    )  # fmt: skip
    found = _RATE.search(ended.stdout)
    if found is None:
        raise ValueError(f"pgbench printed no rate:\n{ended.stdout}")
    return float(found[1])


def _writes_beside_a_waker(url: str, number: int) -> float:
    with _in_thread(partial(_notify_every, url, _COALESCED_SECONDS)):
        return _writes(url, _WITHOUT, number)


def _notify_every(url: str, seconds: float, stop: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.wait(seconds):
            connection.execute("notify outbox")


@contextmanager
def _listener(url: str) -> Iterator[None]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("listen outbox")
        yield


def _polling(url: str, seconds: float) -> Figure:
    """Measure how long a commit waits for somebody who looks every so many seconds."""
    delays = []
    seen = threading.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists polled (x int)")
    with (
        psycopg.connect(url, autocommit=True) as connection,
        _in_thread(partial(_look_every, url, seconds, seen)),
    ):
        chance = random.Random(1)
        for _ in range(LOOKS):
            time.sleep(chance.uniform(0, seconds))  # in step with nothing
            connection.execute("insert into polled values (1)")
            committed = time.monotonic()
            seen.wait()
            delays.append((time.monotonic() - committed) * 1000)
            seen.clear()
    return told(
        f"polling every {seconds:g} s, commit to seen, p50", statistics.median(delays), "ms",
        reference=f"{1 / seconds:g} statements/s when idle; p99 {max(delays):,.0f} ms",
    )  # fmt: skip


def _look_every(url: str, seconds: float, seen: threading.Event, stop: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.wait(seconds):
            if connection.execute("delete from polled returning 1").fetchall():
                seen.set()


@contextmanager
def _in_thread(work: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=work, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
