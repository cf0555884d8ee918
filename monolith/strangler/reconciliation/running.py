"""One whole comparison, from its first key or from where another stopped, and perhaps a repair."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler import registry
from monolith.strangler.reconciliation import keeping
from monolith.strangler.reconciliation.asking import BothSides
from monolith.strangler.reconciliation.extras import are_findable
from monolith.strangler.reconciliation.passing import PATIENCE_SECONDS, REST_SECONDS, Pass, Phase
from monolith.strangler.reconciliation.repairing import Repair, repairable, send_again

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.models import ReconcileRun
    from monolith.strangler.reconciliation.outcomes import Final, Finding


@dataclass(frozen=True, slots=True)
class Report:
    """How many keys ended how, and those that do not match.

    `repairable` are the keys whose snapshots a repair would send, or has sent, again. `requests`
    counts those for checksums. Without `has_looked_for_extras` nobody knows of keys that only the
    service has.
    """

    path: str
    counts: dict[Final, int]
    findings: tuple[Finding, ...]
    seconds: float
    repairable: tuple[str, ...] = ()
    requests: int = 0
    chunks: int = 0
    chunks_bisected: int = 0
    has_looked_for_extras: bool = False

    @property
    def keys(self) -> int:
        """How many keys were looked at."""
        return sum(self.counts.values())


def run(
    path_name: str,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
    is_per_key: bool = False,
    is_resumed: bool = False,
    repair: Repair = Repair.NOTHING,
    report: Callable[[int, str], None] = lambda _keys, _note: None,
) -> Report:
    """Compare the answers for every key; look again at what is behind for as long as that helps.

    Keys that do not match are looked at again until they do, or until for `patience_seconds` no key
    was settled and the service worked nothing off that was sent before. Whole chunks are compared
    by checksum where the path declares one, unless `is_per_key`. With `is_resumed` it goes on where
    the latest comparison stopped, if it did. It is written down as a `ReconcileRun`. `report` is
    told keys settled, and a note about the others.

    Raises:
        PathNotDeclared: there is no such path.
        ServiceAddressMissing: no service is deployed for it.
        TooManyToRepair: see `repairing`; the comparison stands, nothing is repaired.
    """
    path = registry.get_path(path_name)
    began = time.monotonic()
    current = Pass(BothSides(path), patience_seconds=patience_seconds, is_per_key=is_per_key)
    try:
        row = _begin(current, path.name, is_resumed=is_resumed)
        _run_to_the_end(current, row, report)
        keys = repairable(current.ended) if repair is not Repair.NOTHING else []
        if keys and repair is Repair.EXECUTE:
            keeping.finish(row, current)
            send_again(path, keys)
            current.settle_again(keys)
            _run_to_the_end(current, row, report)
        keeping.finish(row, current)
    finally:
        current.close()
    return _report(current, time.monotonic() - began, keys)


def _begin(current: Pass, path: str, *, is_resumed: bool) -> ReconcileRun:
    row = keeping.find_unfinished(path) if is_resumed else None
    if row is None:
        return keeping.open_row(path)
    keeping.restore(row, current)
    return row


def _run_to_the_end(current: Pass, row: ReconcileRun, report: Callable[[int, str], None]) -> None:
    while current.phase is not Phase.OVER:
        piece = current.advance()
        keeping.save(row, current)
        report(piece.keys, piece.note)
        if piece.is_restless:
            time.sleep(REST_SECONDS)


def _report(current: Pass, seconds: float, keys: list[str]) -> Report:
    path = current.sides.path
    return Report(
        path=path.name,
        counts=current.counts,
        findings=tuple(current.findings),
        seconds=seconds,
        repairable=tuple(keys),
        requests=current.requests,
        chunks=current.chunks,
        chunks_bisected=current.chunks_bisected,
        has_looked_for_extras=are_findable(path),
    )
