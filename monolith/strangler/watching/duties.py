"""Who does what only one process needs to do: whoever holds the duty, until they let it go."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from monolith.strangler.models import Duty

if TYPE_CHECKING:
    from datetime import datetime

# Whoever was not heard of for so long has lost it.
LASTS = timedelta(seconds=15)


def take(name: str, holder: str, *, at: datetime) -> bool:
    """Take a duty that nobody holds, or keep it; tell whether it is now the holder's."""
    Duty.objects.bulk_create([Duty(name=name, holder=holder, until=at)], ignore_conflicts=True)
    is_free = Q(holder=holder) | Q(until__lte=at)
    taken = Duty.objects.filter(is_free, name=name).update(holder=holder, until=at + LASTS)
    return bool(taken)


def holder_of(name: str, *, at: datetime) -> str | None:
    """Return who has a duty, or None while nobody does."""
    held = Duty.objects.filter(name=name, until__gt=at)
    return held.values_list("holder", flat=True).first()


def leave(name: str, holder: str) -> None:
    """Give a duty back, so that the next one need not wait."""
    Duty.objects.filter(name=name, holder=holder).delete()
