"""Doing things at the same time, each on a database connection of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Start all actions at once; return what each returned or raised, in their order."""
    start = Barrier(len(actions))

    def act(action: Callable[[], Any]) -> Any:
        start.wait(timeout=30)
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test judges it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(act, actions))
