"""Puts a service right the way it was filled: snapshots, the outbox, the service's projector."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from monolith.strangler.backfill.snapshots import record_snapshots
from monolith.strangler.reconciliation.outcomes import REPAIRABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monolith.strangler.reconciliation.outcomes import Finding
    from monolith.strangler.registry import MovingRead

# More than this is no accident to be mended but a service to be filled, throttled as a backfill is.
MOST_KEYS = 1_000
_CHUNK_KEYS = 100


class Repair(Enum):
    """What to do about what does not match."""

    NOTHING = "nothing"
    DRY_RUN = "dry run"  # say which keys' snapshots would be sent again
    EXECUTE = "execute"


class TooManyToRepair(Exception):
    """So much differs that the service should be filled anew."""

    def __init__(self, path: str, keys: int) -> None:
        super().__init__(
            f"{keys:,} keys differ, more than {MOST_KEYS:,}: "
            f"run `manage.py strangler backfill {path} --restart`"
        )


def repairable(findings: Iterable[Finding]) -> list[str]:
    """List the keys that a new snapshot may put right."""
    return [finding.key for finding in findings if finding.final in REPAIRABLE]


def send_again(path: MovingRead[Any, Any], keys: list[str]) -> None:
    """Record these keys' snapshots; the projector treats them as it treats a backfill's.

    Raises:
        TooManyToRepair: nothing is recorded.
    """
    if len(keys) > MOST_KEYS:
        raise TooManyToRepair(path.name, len(keys))
    for first in range(0, len(keys), _CHUNK_KEYS):
        record_snapshots(path, keys[first : first + _CHUNK_KEYS])
