"""What disagreed: the signatures of a path, and samples of one with their values redacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler.control_room import cells, formatting, tables
from monolith.strangler.control_room.figures import Chip
from monolith.strangler.control_room.rows import read_rows
from monolith.strangler.models import Reveal, Sample, Signature

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.control_room.tables import Table

_MOST = 200
_SEVERE = {"leak", "extra"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """One kind of disagreement."""

    pk: int
    digest: str
    outcome: Chip
    places: tuple[str, ...]
    count: str
    users: str
    first: str
    last: str
    rate: str
    status: Chip
    owner: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatches:
    """The signatures of a path; `n` comparisons of the last day are what rates refer to."""

    path: str
    n: str
    kinds: tuple[str, ...]
    kind: str
    lines: tuple[SignatureLine, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleView:
    """One disagreement as it was kept."""

    pk: int
    at: str
    age: str
    left: str
    monolith_version: str
    service_version: str
    query: str
    differences: Table
    looks: Table
    reveals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePage:
    """A signature with its samples."""

    path: str
    line: SignatureLine
    samples: tuple[SampleView, ...]


def build_mismatches(path: str, kind: str, now: datetime) -> Mismatches:
    """Read a path's signatures, open ones first, then by how often they were seen."""
    rows = read_rows(now, only=path)
    n = cells.judged(rows, path)
    found = Signature.objects.filter(path=path).order_by("-status", "-count", "pk")
    kinds = sorted(set(found.order_by().values_list("outcome", flat=True).distinct()))
    shown = list((found.filter(outcome=kind) if kind else found)[: _MOST + 1])
    return Mismatches(
        path=path,
        n=formatting.whole(n) if n else formatting.NO_DATA,
        kinds=tuple(kinds),
        kind=kind,
        lines=tuple(_line(signature, n, now) for signature in shown[:_MOST]),
        is_cut=len(shown) > _MOST,
    )


def build_signature(path: str, signature: Signature, now: datetime) -> SignaturePage:
    """Read a signature's samples, the latest first."""
    n = cells.judged(read_rows(now, only=path), path)
    samples = list(signature.samples.order_by("-at")[:_MOST])
    reveals = Reveal.objects.filter(sample__in=[sample.pk for sample in samples]).order_by("at")
    told: dict[int, list[str]] = {}
    for reveal in reveals:
        told.setdefault(reveal.sample, []).append(
            f"{reveal.by}, {_instant(reveal.at)}: {reveal.reason}"
        )
    return SignaturePage(
        path=path,
        line=_line(signature, n, now),
        samples=tuple(_sample(sample, told.get(sample.pk, []), now) for sample in samples),
    )


def sample_view(sample: Sample, now: datetime) -> SampleView:
    """Show one sample alone."""
    return _sample(sample, [], now)


def _line(signature: Signature, n: int, now: datetime) -> SignatureLine:
    is_severe = signature.outcome in _SEVERE
    status = signature.status
    return SignatureLine(
        pk=signature.pk,
        digest=signature.digest,
        outcome=Chip(text=signature.outcome, tone="bad" if is_severe else "warn", icon="fail"),
        places=tuple(tables.text_of(place) for place in signature.places),
        count=formatting.whole(signature.count),
        users=formatting.whole(len(signature.subjects)),
        first=formatting.age_of(signature.first_at, now),
        last=formatting.age_of(signature.last_at, now),
        rate=formatting.per_ten_thousand(signature.count / n) if n else formatting.NO_DATA,
        status=Chip(
            text=status,
            tone="warn" if status == "open" else "good",
            icon="warn" if status == "open" else "pass",
        ),
        owner=signature.owner or "nobody",
        note=signature.note,
    )


def _sample(sample: Sample, reveals: list[str], now: datetime) -> SampleView:
    return SampleView(
        pk=sample.pk,
        at=_instant(sample.at),
        age=formatting.age_of(sample.at, now),
        left=formatting.until(sample.expires_at, now),
        monolith_version=f"v{sample.monolith_version}",
        service_version="none" if sample.service_version is None else f"v{sample.service_version}",
        query=sample.query,
        differences=tables.table_of(sample.differences),
        looks=tables.table_of(sample.looks),
        reveals=tuple(reveals),
    )


def _instant(at: datetime) -> str:
    return f"{timezone.localtime(at):%d %b %H:%M:%S}"
