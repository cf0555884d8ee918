"""The chain of everything that was ever changed: each row seals the one before it.

A trigger refuses updates and deletes. Whoever gets around it, as the database's owner can, still
breaks the chain, and `strangler audit verify` says where.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Max

from monolith.strangler.models import PathState, Transition

if TYPE_CHECKING:
    from collections.abc import Iterator

# One chain over all paths: rows are added one after the other. The number means nothing.
_LOCK = 4_711_001

_SEALED = (
    "path", "version", "kind", "from_stage", "to_stage", "before", "after", "actor", "actor_kind",
    "via", "reason", "ticket", "plan_id", "evidence", "approvals", "release", "took_microseconds",
    "previous_digest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is not what was once written, or does not follow the row before it."""

    transition_id: int
    complaint: str

    def __str__(self) -> str:
        return f"transition {self.transition_id}: {self.complaint}"


def append(transition: Transition) -> Transition:
    """Add a change to the end of the chain, inside the transaction that makes it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    last = Transition.objects.order_by("-pk").values_list("digest", flat=True).first()
    transition.previous_digest = last or ""
    transition.digest = digest_of(transition)
    transition.save(force_insert=True)
    return transition


def digest_of(transition: Transition) -> str:
    """Return the seal of a row: SHA-256 over its canonical JSON, with the digest before it."""
    facts: dict[str, Any] = {name: getattr(transition, name) for name in _SEALED}
    facts["at"] = transition.at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def verify() -> list[Problem]:
    """Walk over the whole chain and return what is wrong with it: nothing, if all is as written.

    Rows from before there was a chain have no digest; none may follow once it has begun.
    """
    return [*_broken_links(), *_missing_ends()]


def _broken_links() -> Iterator[Problem]:
    previous = ""
    for row in Transition.objects.order_by("pk").iterator(chunk_size=1_000):
        if not row.digest:
            if previous:
                yield Problem(row.pk, "has no digest, though the chain had begun")
            continue
        if row.previous_digest != previous:
            yield Problem(row.pk, "does not follow the row before it: rows were removed or put in")
        if digest_of(row) != row.digest:
            yield Problem(row.pk, "was changed after it was written")
        previous = row.digest


def _missing_ends() -> Iterator[Problem]:
    """Find paths whose latest changes are gone: a chain does not show that it was cut short."""
    newest = dict(
        Transition.objects.values_list("path").annotate(newest=Max("version")).order_by("path")
    )
    for path, version in PathState.objects.order_by("path").values_list("path", "version"):
        if version != newest.get(path, 0):
            yield Problem(
                0, f"{path} is at version {version}, its latest row at {newest.get(path)}"
            )
