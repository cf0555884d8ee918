"""Is the monolith too busy to be asked what nobody waits for?"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.utils import timezone

from monolith.strangler.counting import slowness
from monolith.strangler.gates.gating import most_times_usual

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LOOK_SECONDS = 10.0
FULLEST = 0.8
# Background processes of the server need no place among the connections.
_CONNECTIONS = """
select count(*) filter (where backend_type = 'client backend'),
       current_setting('max_connections')::int
from pg_stat_activity
"""


class Pressure:
    """Tells whether the monolith is busy; looks at most every 10 s, in whatever thread asks."""

    def __init__(
        self,
        look: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look, self._clock = look, clock
        self._looking = threading.Lock()
        self._next_look = float("-inf")
        self._why: str | None = None

    def why(self) -> str | None:
        """Say what is too much just now; None while all is well.

        A database that cannot even be asked is busy.
        """
        if self._clock() >= self._next_look and self._looking.acquire(blocking=False):
            try:
                self._next_look = self._clock() + LOOK_SECONDS
                self._why = self._look()
            except DatabaseError as error:
                self._why = f"the database does not answer: {type(error).__name__}"
            finally:
                self._looking.release()
        return self._why


def look() -> str | None:
    """Say what is too much: connections, or the 95th percentile of the monolith's own answers.

    Raises:
        DatabaseError: nobody answers.
    """
    return _too_full() or _too_slow(timezone.now())


def _too_full() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        used, most = cursor.fetchone()
    return f"{used} of {most} connections are in use" if used > FULLEST * most else None


def _too_slow(now: datetime) -> str | None:
    found = slowness.look(now)
    is_slow = found is not None and found.is_more_than(most_times_usual())
    return f"the monolith's {found}" if is_slow else None
