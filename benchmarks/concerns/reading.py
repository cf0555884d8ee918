"""How long the reads of a page took, of all that makes a page: out of the shop's own records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum

from infra.local.waiting import wait_until
from monolith.strangler.models import ReadRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.concerns.clients import Look


def milliseconds_by_path(looks: Mapping[str, Sequence[Look]]) -> dict[str, list[float]]:
    """Return, by path, what its reads took on each of these pages, added up where they are several.

    Raises:
        NeverHappened: not every read of theirs was written down within half a minute.
    """
    return {path: _milliseconds(path, of_path) for path, of_path in looks.items()}


def _milliseconds(path: str, looks: Sequence[Look]) -> list[float]:
    ids = [look.request_id for look in looks]
    records = ReadRecord.objects.filter(path=path, request_id__in=ids)
    reads = sum(len(look.sources) for look in looks)
    wait_until(lambda: records.count() == reads, f"records of {reads} reads of {path}")
    by_page = records.values("request_id").annotate(took=Sum("milliseconds"))
    return [page["took"] for page in by_page]
