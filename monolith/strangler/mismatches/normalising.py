"""The rules about differences that do not matter: who made one, why, and until when."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from monolith.strangler import registry
from monolith.strangler.comparison import generalised
from monolith.strangler.comparison.rules import Rule, hows
from monolith.strangler.models import NormaliseRule
from monolith.strangler.state import audit

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.state.audit import Who

MOST_DAYS = 90
# A rule that expires does so at its instant all the same; a new one may wait this long.
KEPT_SECONDS = 10.0


class RuleMalformed(Exception):
    """A rule says something that no rule can."""


class RuleExists(Exception):
    """The path has a rule of this name already."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(f"{path} has a rule {name!r} already; expire it and choose another name")


class RuleNotFound(Exception):
    """The path has no such rule."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(f"{path} has no rule {name!r}")


class Rules:
    """The rules by path as this process knows them, read at most every 10 s for each."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, tuple[Rule, ...]]] = {}

    def of(self, path: str) -> tuple[Rule, ...]:
        """Return the rules of a path, the expired ones too: whoever applies them knows the time."""
        with self._lock:
            read_at, rules = self._known.get(path, (float("-inf"), ()))
        if self._clock() - read_at < KEPT_SECONDS:
            return rules
        rules = _read(path)
        with self._lock:
            self._known[path] = (self._clock(), rules)
        return rules

    def forget(self) -> None:
        """Read them again before they are applied again."""
        with self._lock:
            self._known.clear()


known = Rules()


def list_rules(path: str | None = None) -> list[NormaliseRule]:
    """List the rules, of one path or all; those that expire soonest first."""
    rules = NormaliseRule.objects.order_by("expires_at", "path", "name")
    return list(rules.filter(path=path) if path else rules)


def add(
    path: str, name: str, who: Who, *, place: str, how: str, owner: str, days: float
) -> NormaliseRule:
    """Agree that a difference does not matter for some days, 90 at most; the audit keeps it.

    `owner` stands for it, whoever adds it.

    Raises:
        PathNotDeclared: there is no such path.
        RuleMalformed: nobody stands for it, or it is not something a rule can say.
        RuleExists: the name is taken.
    """
    registry.get_path(path)
    _check(place=place, how=how, owner=owner, reason=who.reason, days=days)
    try:
        with transaction.atomic():
            rule = NormaliseRule.objects.create(
                path=path,
                name=name,
                place=place,
                how=how,
                owner=owner,
                reason=who.reason,
                created_at=who.at,
                expires_at=who.at + timedelta(days=days),
            )
            audit.note(path, audit.RULE, who, after=audit.rule_facts(rule))
    except IntegrityError:
        raise RuleExists(path, name) from None
    known.forget()
    return rule


def expire(path: str, name: str, who: Who) -> None:
    """End a rule now: what it covered counts as a difference again. The row stays.

    Raises:
        RuleNotFound: there is none of this name.
        ReasonMissing: the reason is blank.
    """
    with transaction.atomic():
        rule = NormaliseRule.objects.select_for_update().filter(path=path, name=name).first()
        if rule is None:
            raise RuleNotFound(path, name)
        if rule.expires_at > who.at:
            before = audit.rule_facts(rule)
            rule.expires_at = who.at
            rule.save(update_fields=["expires_at"])
            audit.note(path, audit.RULE, who, before=before, after=audit.rule_facts(rule))
    known.forget()


def _check(*, place: str, how: str, owner: str, reason: str, days: float) -> None:
    if how not in hows():
        raise RuleMalformed(
            f"{how!r} is nothing that a rule can do; it is one of {', '.join(hows())}"
        )
    if not place or generalised(place) != place:
        raise RuleMalformed(f"{place!r} is no pattern of a place; it looks like orders[].status")
    if not owner.strip() or not reason.strip():
        raise RuleMalformed("a rule needs an owner and a reason")
    if not 0 < days <= MOST_DAYS:
        raise RuleMalformed(f"a rule holds for more than 0 and at most {MOST_DAYS} days")


def _read(path: str) -> tuple[Rule, ...]:
    rows = NormaliseRule.objects.filter(path=path).order_by("name")
    return tuple(
        Rule(name=row.name, place=row.place, how=row.how, expires_at=row.expires_at) for row in rows
    )
