"""`python -m benchmarks.outbox.peers MODULE seed EVENTS | drain SINK`, against DATABASE_URL."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

import psycopg

from benchmarks.outbox.events import backlog
from benchmarks.outbox.sightings import Sink


def main() -> None:
    """Let an adapter make its tables and a backlog, or drain until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module")
    parser.add_argument("verb", choices=["seed", "drain"])
    parser.add_argument("what")
    arguments = parser.parse_args()
    adapter = import_module(f"benchmarks.outbox.peers.{arguments.module}")
    url = os.environ["DATABASE_URL"]
    if arguments.verb == "drain":
        adapter.drain(url, Sink(Path(arguments.what)))
        return
    adapter.seed(url, list(backlog(series=1, events=int(arguments.what))))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


if __name__ == "__main__":
    main()
