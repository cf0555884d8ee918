"""Which error ends `manage.py strangler` with which exit code, for scripts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from monolith.strangler import backfill, operations, registry
from monolith.strangler.calling import clients
from monolith.strangler.deciding.ladder import UnknownRung
from monolith.strangler.deciding.stages import UnknownStage
from monolith.strangler.gates import profiles
from monolith.strangler.gates.verdicts import Verdict
from monolith.strangler.management import speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

# The first that fits decides: special cases stand before what they are cases of.
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (operations.ApprovalNeeded, speaking.APPROVAL),
    (operations.AdvanceRefused, speaking.REFUSED),
    (operations.NothingToRollBack, speaking.REFUSED),
    (operations.ReasonMissing, speaking.REFUSED),
    (operations.StateChanged, speaking.CONFLICT),
    (operations.PathFrozen, speaking.HELD),
    (backfill.BackfillStalled, speaking.HELD),
    (clients.ServiceAddressMissing, speaking.ERROR),
    (registry.PathNotDeclared, speaking.ERROR),
    (profiles.UnknownProfile, speaking.ERROR),
    (UnknownRung, speaking.ERROR),
    (UnknownStage, speaking.ERROR),
)
CODE_OF_VERDICT = {
    Verdict.FAIL: speaking.REFUSED,
    Verdict.INCONCLUSIVE: speaking.INCONCLUSIVE,
    Verdict.STALE: speaking.STALE,
}


@contextmanager
def ending_with_codes() -> Iterator[None]:
    """Turn the errors that are meant for people into messages and exit codes."""
    try:
        yield
    except operations.EvidenceMissing as error:
        code = CODE_OF_VERDICT.get(error.verdict, speaking.INCONCLUSIVE)
        raise speaking.fail(str(error), code) from error
    except tuple(kind for kind, _ in _CODES) as error:
        code = next(code for kind, code in _CODES if isinstance(error, kind))
        raise speaking.fail(str(error), code) from error
