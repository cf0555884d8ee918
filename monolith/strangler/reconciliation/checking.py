"""Asks the pair that is deployed whether it keeps its contract, and whether sending twice harms.

What it finds is counted in the series `check` of the present epoch, where the gates B1 and B4 look.
Whoever cannot be asked is not counted.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from event_contracts.plain_values import MalformedValue, from_plain, to_plain
from monolith.outbox import queries as outbox
from monolith.outbox import recording
from monolith.strangler import registry
from monolith.strangler.backfill.snapshots import record_of_locked
from monolith.strangler.calling.clients import ServiceAnswerMalformed, ServiceError, ServiceRefused
from monolith.strangler.models import Tally
from monolith.strangler.reconciliation.asking import AnswerWithoutEnd, BothSides
from monolith.strangler.state import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

logger = structlog.get_logger(__name__)

PATIENCE_SECONDS = 30.0
LOOKS_AFTERWARDS = 3
PAUSE_SECONDS = 0.5
# A service says so of a key whose snapshot has not arrived: it speaks the contract, then.
_NOT_COMPLETE = "-not-complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many keys keep what was asked, which break it, and how many could not be asked."""

    good: int
    broken: tuple[str, ...]
    unanswered: int


def check_contract(path_name: str, *, keys: int) -> Checked:
    """Ask both sides for some keys whether their answers survive the contract's own coding.

    Raises:
        PathNotDeclared: there is no such path.
        ServiceAddressMissing: no service is deployed for it.
    """
    pair = _pair(path_name)
    return _count(pair, "contract", {key: pair.keeps_contract(key) for key in pair.keys(keys)})


def check_idempotence(path_name: str, *, keys: int) -> Checked:
    """Send snapshots of some keys, then twice more and shuffled; the answers must stay right.

    Nobody can be told when an event that changes nothing has been handled: the answers are looked
    at once the outbox has sent all, and some times more.

    Raises:
        PathNotDeclared: there is no such path.
        ServiceAddressMissing: no service is deployed for it.
    """
    pair = _pair(path_name)
    sample = pair.keys(keys)
    pair.send(sample)
    _wait(lambda: all(pair.agrees(key) for key in sample))
    ready = [key for key in sample if pair.agrees(key)]
    if ready:
        # Which order is no secret; that it is the same one next time helps to find out why.
        pair.send(random.Random(len(ready)).sample(ready * 2, 2 * len(ready)))  # noqa: S311
    found: dict[str, bool | None] = dict.fromkeys(sample)
    if _wait(lambda: not outbox.get_status().pending):
        found |= _look_afterwards(pair, ready)
    return _count(pair, "idempotent", found)


class _Pair(BothSides):
    """Both sides of a path, held to its contract."""

    def keys(self, most: int) -> Sequence[str]:
        return self.path.source.keys_after("", most)

    def keeps_contract(self, key: str) -> bool | None:
        query = self.path.source.first_query(key)
        for said in (self.path.ask_monolith(query), self.path.source.snapshot(key)):
            if not _survives(said):
                return False
        try:
            return _survives(self.service_answer(query))
        except ServiceAnswerMalformed:
            return False
        except ServiceRefused as error:
            return error.problem.endswith(_NOT_COMPLETE)
        except ServiceError:
            return None

    def agrees(self, key: str) -> bool | None:
        """Tell whether both sides say the same of a key; None if one is behind, or cannot tell.

        An answer without end agrees with nothing.
        """
        try:
            theirs, ours = self.service_pages(key), self.monolith_pages(key)
        except AnswerWithoutEnd as error:
            logger.warning("answer without end", path=self.path.name, error=str(error))
            return False
        except ServiceError:
            return None
        if len({self.path.version_of(page) for page in (*ours, *theirs)}) > 1:
            return None
        return all(
            mine is not None and its is not None and not self.path.compare(mine, its)
            for mine, its in zip_longest(ours, theirs)
        )

    @transaction.atomic
    def send(self, keys: Sequence[str]) -> None:
        """Record snapshots in this order. Streams are locked in that of their names, as always."""
        source = self.path.source
        for stream in sorted({source.stream_of(key) for key in keys}):
            recording.lock_stream(stream)
        for key in keys:
            record_of_locked(self.path, source.stream_of(key), key)


def _pair(path_name: str) -> _Pair:
    return _Pair(registry.get_path(path_name))


def _survives(said: Any) -> bool:
    """Tell whether something is the same after it was written as JSON and read again."""
    try:
        return bool(from_plain(type(said), json.loads(json.dumps(to_plain(said)))) == said)
    except (MalformedValue, TypeError, ValueError):
        return False


def _look_afterwards(pair: _Pair, keys: Sequence[str]) -> dict[str, bool | None]:
    """Look several times: whoever is wrong once, and is not merely behind, is wrong."""
    looks: dict[str, list[bool | None]] = {key: [] for key in keys}
    for _ in range(LOOKS_AFTERWARDS):
        time.sleep(PAUSE_SECONDS)
        for key, seen in looks.items():
            seen.append(pair.agrees(key))
    return {key: _of_looks(seen) for key, seen in looks.items()}


def _of_looks(seen: Sequence[bool | None]) -> bool | None:
    return False if False in seen else (True in seen) or None


def _wait(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _count(pair: _Pair, check: str, found: dict[str, bool | None]) -> Checked:
    broken = tuple(key for key, keeps in found.items() if keeps is False)
    good = sum(keeps is True for keeps in found.values())
    _add(pair.path.name, check, good)
    _add(pair.path.name, f"{check}-broken", len(broken))
    return Checked(good=good, broken=broken, unanswered=len(found) - good - len(broken))


def _add(path: str, name: str, count: int) -> None:
    if not count:
        return
    row = {
        "path": path,
        "epoch": standing.get_standing(path).epoch,
        "minute": timezone.now().replace(second=0, microsecond=0),
        "series": "check",
        "name": name,
    }
    Tally.objects.bulk_create([Tally(**row, count=0)], ignore_conflicts=True)
    Tally.objects.filter(**row).update(count=F("count") + count)
