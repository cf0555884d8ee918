"""Processes that have Django loaded from the start: a relay is there in milliseconds."""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

ZYGOTE = multiprocessing.get_context("forkserver")
# pytest, because every process imports the main module of the one that wants it.
ZYGOTE.set_forkserver_preload(["pytest", "tests.monolith.outbox.faults.preloaded"])


def start(
    target: Callable[..., None], *arguments: Any, database: dict[str, Any], log: Path
) -> ForkServerProcess:
    """Run a function of a module in a process of its own, on a database, its output in a file."""
    process = ZYGOTE.Process(target=_run, args=(target, arguments, database, log), daemon=True)
    process.start()
    return process


def _run(
    target: Callable[..., None], arguments: tuple[Any, ...], database: dict[str, Any], log: Path
) -> None:
    from django.db import connection  # the process that imports this module may be another one

    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    connection.settings_dict.update(database)
    target(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
