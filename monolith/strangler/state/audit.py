"""The chain of everything that people ever changed: each row seals the one before it.

Changes of a path's state have the version that they led to. What else people decide, and what can
let a path climb or hide a difference (rules, waivers, explanations, exceptions, knobs), is noted in
the same chain, without a version.

A trigger refuses updates and deletes. Whoever gets around it, as the database's owner can, still
breaks the chain, and `strangler audit verify` says where.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.db.models import Max

from monolith.strangler.models import NormaliseRule, PathState, Transition, Waiver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

# One chain over all paths: rows are added one after the other. The number means nothing.
_LOCK = 4_711_001

_SEALED = (
    "path", "version", "kind", "from_stage", "to_stage", "before", "after", "actor", "actor_kind",
    "via", "reason", "ticket", "plan_id", "evidence", "approvals", "release", "took_microseconds",
    "previous_digest",
)  # fmt: skip


RULE, WAIVER, EXCEPTION, EXPLANATION, KNOBS = "rule", "waiver", "exception", "explain", "backfill"
"""The kinds of what is noted beside changes of a state."""


class ReasonMissing(Exception):
    """A change without a reason tells nobody anything later."""

    def __init__(self) -> None:
        super().__init__("say why: the reason is kept in the audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who changes something, why, and through which door."""

    actor: str
    reason: str
    at: datetime
    via: str = "cli"
    actor_kind: str = "human"
    ticket: str = ""


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


def note(
    path: str,
    kind: str,
    who: Who,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> Transition:
    """Add what somebody decided beside the path's state, inside the transaction that makes it so.

    Raises:
        ReasonMissing: the reason is blank.
    """
    if not who.reason.strip():
        raise ReasonMissing
    stage = PathState.objects.filter(path=path).values_list("stage", flat=True).first() or 0
    return append(
        Transition(
            path=path,
            kind=kind,
            from_stage=stage,
            to_stage=stage,
            before=dict(before or {}),
            after=dict(after or {}),
            actor=who.actor,
            actor_kind=who.actor_kind,
            via=who.via,
            reason=who.reason.strip(),
            ticket=who.ticket,
            release=settings.RELEASE,
            at=who.at,
            took_microseconds=0,
        )
    )


def rule_facts(rule: NormaliseRule) -> dict[str, Any]:
    """Return what is noted of a rule."""
    return {
        "name": rule.name,
        "place": rule.place,
        "how": rule.how,
        "owner": rule.owner,
        "expires_at": _instant(rule.expires_at),
    }


def waiver_facts(waiver: Waiver) -> dict[str, Any]:
    """Return what is noted of a waiver."""
    return {
        "gate": waiver.gate,
        "requested_by": waiver.requested_by,
        "approved_by": waiver.approved_by,
        "expires_at": _instant(waiver.expires_at),
    }


def digest_of(transition: Transition) -> str:
    """Return the seal of a row: SHA-256 over its canonical JSON, with the digest before it."""
    facts: dict[str, Any] = {name: getattr(transition, name) for name in _SEALED}
    facts["at"] = _instant(transition.at)
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def verify() -> list[Problem]:
    """Walk over the whole chain and return what is wrong with it: nothing, if all is as written.

    Rows from before there was a chain have no digest; none may follow once it has begun. Rules and
    waivers have to be as they were noted last: neither may come about, or last longer, unseen.
    """
    return [*_broken_links(), *_missing_ends(), *_unnoted_rules(), *_unnoted_waivers()]


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


def _unnoted_rules() -> Iterator[Problem]:
    noted = Transition.objects.filter(kind=RULE).order_by("pk")
    latest = {(row.path, row.after.get("name")): row for row in noted}
    for rule in NormaliseRule.objects.order_by("pk"):
        row = latest.get((rule.path, rule.name))
        if row is None or row.after != rule_facts(rule):
            yield Problem(row.pk if row else 0, f"rule {rule} is not as it was noted")


def _unnoted_waivers() -> Iterator[Problem]:
    noted = [(row.path, row.after) for row in Transition.objects.filter(kind=WAIVER)]
    for waiver in Waiver.objects.order_by("pk"):
        if (waiver.path, waiver_facts(waiver)) not in noted:
            yield Problem(0, f"{waiver} ({waiver.pk}) was not noted")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
