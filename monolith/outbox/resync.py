"""Publishing again what a broker forgot, for example one that was restored from an older state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import connection, transaction

from monolith.outbox.waking import tell_relays

if TYPE_CHECKING:
    from datetime import datetime

_FENCE_EVERYBODY = "update outbox_shard set token = token + 1"
_REOPEN = """
    update outbox_message set published_at = null
    where published_at >= %s and skipped_because is null
"""
_COUNT = """
    select count(*) from outbox_message where published_at >= %s and skipped_because is null
"""

log = structlog.get_logger(__name__)


def republish_since(*, since: datetime, dry_run: bool = False) -> int:
    """Make all that was published since an instant pending again; return how many events.

    Marks of what is on its way at this moment are refused, so that it goes out again as well.
    Consumers know what they have seen by its version.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if dry_run:
            cursor.execute(_COUNT, (since,))
            return int(cursor.fetchone()[0])
        cursor.execute(_FENCE_EVERYBODY)
        cursor.execute(_REOPEN, (since,))
        count = int(cursor.rowcount)
        tell_relays(cursor)
    log.info("outbox_resynced", since=since.isoformat(), events=count)
    return count
