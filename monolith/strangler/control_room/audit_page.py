"""Every change that was ever made, whether the chain of their digests is whole, and exports."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.utils import timezone

from monolith.strangler.control_room import formatting, tables
from monolith.strangler.control_room.timeline import told
from monolith.strangler.models import Transition
from monolith.strangler.state import audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

_PAGE = 50
COLUMNS = (
    "id",
    "at",
    "path",
    "version",
    "kind",
    "from_stage",
    "to_stage",
    "before",
    "after",
    "actor",
    "actor_kind",
    "via",
    "reason",
    "ticket",
    "plan_id",
    "approvals",
    "evidence",
    "release",
    "effect_milliseconds",
    "effect_workers",
    "previous_digest",
    "digest",
)
# Spreadsheets run what begins with these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One change, to be read."""

    pk: int
    at: str
    path: str
    kind: str
    text: str
    actor: str
    reason: str
    ticket: str
    effect: str
    digest: str
    evidence: str
    approvals: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """One page of the changes, the latest first; `problems` of the chain as sentences."""

    lines: tuple[AuditLine, ...]
    problems: tuple[str, ...]
    total: str
    number: int
    pages: int
    path: str


class Echo:
    """Something to write to that hands back what was written."""

    def write(self, text: str) -> str:
        """Hand the text back."""
        return text


def build_audit(path: str, page: str) -> AuditPage:
    """Read a page of changes, of one path or of all, and check the whole chain."""
    paginator = Paginator(_changes(path).order_by("-pk"), _PAGE)
    shown = paginator.get_page(page)
    return AuditPage(
        lines=tuple(_line(change) for change in shown),
        problems=tuple(map(str, audit.verify())),
        total=formatting.several(paginator.count, "change"),
        number=shown.number,
        pages=paginator.num_pages,
        path=path,
    )


def as_csv(path: str) -> Iterator[str]:
    """Write all changes as CSV, row by row."""
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for record in records(path):
        yield writer.writerow([_cell(record[column]) for column in COLUMNS])


def as_json(path: str) -> Iterator[str]:
    """Write all changes as JSON, one to a line."""
    for record in records(path):
        yield json.dumps(record, default=str) + "\n"


def records(path: str) -> Iterator[dict[str, Any]]:
    """Return all changes in the order of the chain."""
    for change in _changes(path).order_by("pk").iterator(chunk_size=500):
        effect = getattr(change, "effect", None)
        yield {
            **{column: getattr(change, column, None) for column in COLUMNS},
            "at": change.at.isoformat(),
            "effect_milliseconds": effect.milliseconds if effect else None,
            "effect_workers": effect.workers if effect else None,
        }


def _changes(path: str) -> QuerySet[Transition]:
    changes = Transition.objects.select_related("effect")
    return changes.filter(path=path) if path else changes


def _line(change: Transition) -> AuditLine:
    effect = getattr(change, "effect", None)
    took = formatting.milliseconds(effect.milliseconds) if effect else formatting.NO_DATA
    return AuditLine(
        pk=change.pk,
        at=f"{timezone.localtime(change.at):%d %b %Y %H:%M:%S}",
        path=change.path,
        kind=change.kind,
        text=told(change),
        actor=f"{change.actor} ({change.actor_kind}, {change.via})",
        reason=change.reason,
        ticket=change.ticket,
        effect=f"{effect.workers} workers, {took}" if effect else took,
        digest=change.digest[:12],
        evidence=tables.pretty(change.evidence) if change.evidence else "",
        approvals=tables.pretty(change.approvals) if change.approvals else "",
    )


def _cell(value: Any) -> str:
    text = tables.text_of(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
