"""Gathers what a decision depends on; in a process with a pulse, without asking the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monolith.strangler.calling import clients
from monolith.strangler.calling.breaker import breaker_of
from monolith.strangler.deciding.cohort import bucket_of
from monolith.strangler.deciding.decision import Facts
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.deciding.decision import Held
    from monolith.strangler.registry import MovingRead
    from monolith.strangler.state.controls import Controls


def facts_about(
    path: MovingRead[Any, Any],
    subject: str | None,
    *,
    in_transaction: bool,
    is_staff: Callable[[], bool] = lambda: False,
    lot: int = 0,
) -> Facts:
    """Return the facts of a read about somebody, or about nobody known."""
    # Inside a transaction nobody looks: a failing look would spoil the caller's work.
    known = controls.cache.last_known() if in_transaction else controls.cache.current()
    held = controls.held(known, path.name)
    return Facts(
        held=held,
        is_killed=controls.is_killed(path.name, known),
        in_transaction=in_transaction,
        has_monolith=path.has_monolith,
        has_address=clients.client_for(path.name) is not None,
        is_breaker_open=_is_breaker_open(path.name, known),
        bucket=bucket_of(path.family, subject) if subject else None,
        exception=known.exceptions.get((path.family, subject)) if known and subject else None,
        # Who asks is looked up only where it matters: the look may cost a query.
        is_staff=not path.for_staff and _is_in_canary(held) and is_staff(),
        lot=lot,
    )


def _is_in_canary(held: Held | None) -> bool:
    return held is not None and held.stage is Stage.CANARY


def _is_breaker_open(path: str, known: Controls | None) -> bool:
    return not breaker_of(path).allows() or (known is not None and path in known.silent)
