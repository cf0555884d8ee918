"""Putting single customers into a canary, or out of it, until a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monolith.strangler import controls, registry
from monolith.strangler.models import CohortException
from monolith.strangler.operations.changing import ReasonMissing

if TYPE_CHECKING:
    from datetime import datetime


def except_subject(
    *, path: str, subject: str, is_in: bool, actor: str, reason: str, expires_at: datetime
) -> CohortException:
    """Put somebody in or out for the whole family of a path, whatever their lot says.

    Raises:
        PathNotDeclared: there is no such path.
        ReasonMissing: the reason is blank.
    """
    family = registry.get_path(path).family
    if not reason.strip():
        raise ReasonMissing
    made, _ = CohortException.objects.update_or_create(
        family=family,
        subject=subject,
        defaults={
            "is_in": is_in,
            "by": actor,
            "reason": reason.strip(),
            "expires_at": expires_at,
        },
    )
    controls.cache.forget()
    return made


def end_exception(*, path: str, subject: str) -> bool:
    """Let somebody's lot decide again; tell whether there was an exception.

    Raises:
        PathNotDeclared: there is no such path.
    """
    family = registry.get_path(path).family
    deleted, _ = CohortException.objects.filter(family=family, subject=subject).delete()
    controls.cache.forget()
    return bool(deleted)
