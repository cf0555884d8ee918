"""For consumers with side effects: an event is handled once, however often it is delivered.

Whether a consumer needs it, or a check of versions suffices, is told in docs/outbox/consumers.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

_CHUNK = 10_000

_ENTER = """
    insert into outbox_inbox (consumer, event_id) values (%s, %s)
    on conflict (consumer, event_id) do nothing
"""
_FORGET = """
    delete from outbox_inbox where (consumer, event_id) in (
        select consumer, event_id from outbox_inbox where handled_at < %s limit %s
    )
"""


def handle_once(*, consumer: str, event_id: UUID, handle: Callable[[], object]) -> bool:
    """Run a handler in a transaction, unless this consumer has handled the event already.

    The entry in the inbox commits or rolls back with what the handler writes. A second delivery at
    the same moment waits for the first one's outcome: it handles the event only if that failed.
    What the handler does outside the database may happen again when the commit fails.

    Returns:
        Whether the handler was run.
    """
    with transaction.atomic():
        is_new = _enter(consumer, event_id)
        if is_new:
            handle()
    return is_new


def forget_handled(*, before: datetime) -> int:
    """Forget what was handled before an instant, a chunk per transaction; return how many events.

    Keep them for longer than any queue, dead letters included, can deliver an event again.
    """
    forgotten = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, (before, _CHUNK))
            count = int(cursor.rowcount)
        forgotten += count
        if count < _CHUNK:
            return forgotten


def _enter(consumer: str, event_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_ENTER, (consumer, event_id))
        return bool(cursor.rowcount)
