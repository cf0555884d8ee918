"""Writes down what a process has counted, and moves the watches on, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.utils import timezone

from monolith.strangler.counting import tallies, watches
from monolith.strangler.models import ReadRecord

if TYPE_CHECKING:
    from monolith.strangler.counting.tallies import Answered, Taken
    from monolith.strangler.counting.watches import Alarm

logger = structlog.get_logger(__name__)

_COUNT = """
insert into strangler_tally (path, epoch, minute, series, name, count)
select * from unnest(%s::text[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::bigint[])
on conflict (path, epoch, minute, series, name)
do update set count = strangler_tally.count + excluded.count
"""


def hand_in() -> list[Alarm]:
    """Write down everything counted since the last time; return the alarms that it raises.

    What cannot be written is kept and handed in with what comes next: nothing is counted twice.
    """
    taken = tallies.take()
    if taken.is_empty():
        return []
    try:
        with transaction.atomic():
            return _write(taken)
    except DatabaseError as error:
        tallies.give_back(taken)
        logger.warning("tallies not handed in", error=str(error))
        return []


def _write(taken: Taken) -> list[Alarm]:
    _add_counts(taken)
    _keep_records(taken)
    seen: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for observation in taken.observations:
        seen[observation.path, observation.watch].append(observation.is_bad)
    # In the order of their names, as everybody who locks several.
    now = timezone.now()
    found = [watches.look(*key, seen[key], at=now) for key in sorted(seen)]
    return [alarm for alarm in found if alarm is not None]


def _add_counts(taken: Taken) -> None:
    # Sorted, so that two processes that count the same things cannot wait for each other.
    rows = sorted(
        (key.path, key.epoch, key.minute, key.series, key.name, count)
        for key, count in taken.counts.items()
    )
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [list(column) for column in zip(*rows, strict=True)])


def _keep_records(taken: Taken) -> None:
    """Keep the reads for whoever asks about them; one that cannot be kept spoils nothing else."""
    try:
        with transaction.atomic():
            ReadRecord.objects.bulk_create(_record(answered) for answered in taken.records)
    except (DataError, IntegrityError) as error:
        logger.warning("reads not recorded", reads=len(taken.records), error=str(error))


def _record(answered: Answered) -> ReadRecord:
    facts = asdict(answered.facts)
    return ReadRecord(
        request_id=answered.request_id,
        path=answered.path,
        subject=answered.subject,
        source=answered.source,
        reason=answered.reason,
        as_of=max(answered.as_of, 0),
        milliseconds=answered.milliseconds,
        facts=facts,
        at=answered.at,
    )
