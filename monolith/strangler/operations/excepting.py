"""Putting single customers into a canary, or out of it, until a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from monolith.strangler import registry
from monolith.strangler.deciding.cohort import bucket_of
from monolith.strangler.models import CohortException
from monolith.strangler.state import audit, controls
from monolith.strangler.state.audit import Who

if TYPE_CHECKING:
    from datetime import datetime


def except_subject(
    *, path: str, subject: str, is_in: bool, actor: str, reason: str, at: datetime,
    expires_at: datetime,
) -> CohortException:  # fmt: skip
    """Put somebody in or out for the whole family of a path, whatever their lot says.

    Raises:
        PathNotDeclared: there is no such path.
        ReasonMissing: the reason is blank.
    """
    family = registry.get_path(path).family
    said = {"is_in": is_in, "by": actor, "reason": reason.strip(), "expires_at": expires_at}
    with transaction.atomic():
        made, _ = CohortException.objects.update_or_create(
            family=family, subject=subject, defaults=said
        )
        _note(path, Who(actor=actor, reason=reason, at=at), after=_facts(made))
    controls.cache.forget()
    return made


def end_exception(*, path: str, subject: str, actor: str, reason: str, at: datetime) -> bool:
    """Let somebody's lot decide again; tell whether there was an exception.

    Raises:
        PathNotDeclared: there is no such path.
        ReasonMissing: the reason is blank.
    """
    family = registry.get_path(path).family
    with transaction.atomic():
        found = CohortException.objects.filter(family=family, subject=subject).first()
        if found is not None:
            _note(path, Who(actor=actor, reason=reason, at=at), before=_facts(found))
            found.delete()
    controls.cache.forget()
    return found is not None


def _note(path: str, who: Who, **sides: dict[str, Any]) -> None:
    audit.note(path, audit.EXCEPTION, who, **sides)


def _facts(exception: CohortException) -> dict[str, Any]:
    # The audit stays for ever: it names the lot, as every page does, and not the customer.
    return {
        "family": exception.family,
        "lot": bucket_of(exception.family, exception.subject),
        "is_in": exception.is_in,
        "expires_at": exception.expires_at.isoformat(),
    }
