"""What is known of single streams: for those who compare it with what should be.

A stream has a version, so an answer about one says how far it has come, as the other services do:
of its facts since the newest snapshot, none is missing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from event_contracts.checksums import Checksum, KeyDigest, KeyList, checksum_of, digest_of
from event_contracts.plain_values import to_plain
from event_contracts.sales_insights import ALL_TIME, ROWS, Answer, Report, Said, question_about
from event_contracts.streams import NOBODY, customer_stream
from extracted_services.read_models.answering import NotComplete
from extracted_services.read_models.parameters import read
from extracted_services.sales_insights.queries.looking import look
from extracted_services.sales_insights.queries.stream_statements import (
    STREAM_STATEMENTS,
    STREAMS,
)
from extracted_services.sales_insights.queries.writing import name_in_sql, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from event_contracts.sales_insights import Period
    from extracted_services.sales_insights.queries.looking import Look
    from extracted_services.sales_insights.view import Lake

LISTED_AT_ONCE = 1_000
_NOBODYS_STREAM = customer_stream(NOBODY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is known of one stream; its `version` is None where something is missing."""

    version: int | None
    rows: tuple[Any, ...]


def answer(report: Report, lake: Lake, engine: Any) -> Answer:
    """Answer the one question of a report about a stream; `as_of` is the version of the stream.

    Raises:
        NotComplete: a fact of the stream is missing, or all are; see `looking.look`, too.
    """
    (question,) = report.questions

    def ask(seen: Look) -> Answer:
        told = _tell(seen, question, [report.about], report.period)[report.about]
        if told.version is None:
            raise NotComplete("stream", f"{report.about}: not everything is known here yet")
        return Answer(
            as_of=told.version,
            recorded_until=seen.recorded_until,
            said=(Said(question=question, rows=told.rows),),
        )

    return look(lake, engine, ask)


def checksum(streams: Sequence[str], lake: Lake, engine: Any) -> Checksum:
    """Sum up the whole answers about these streams, from one look at the lake.

    Raises:
        NotComplete: see `looking.look`.
    """
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for stream in streams:
        asked[question_about(stream)].append(stream)

    def ask(seen: Look) -> dict[str, _Told]:
        return {
            stream: told
            for name, about in asked.items()
            for stream, told in _tell(seen, name, about, ALL_TIME).items()
        }

    told = look(lake, engine, ask)
    return checksum_of(_digest(stream, told[stream]) for stream in streams)


def list_streams(after: str | None, lake: Lake, engine: Any) -> KeyList:
    """List some of the streams of which anything is asked, complete or not, by their names.

    Raises:
        BadParameter: `after` cannot be the name of a stream.
        NotComplete: see `looking.look`.
    """
    behind = read("after", after or "", name_in_sql)

    def ask(seen: Look) -> list[str]:
        seen.provide(STREAMS.reads, ALL_TIME.until_day)
        sql = written(STREAMS.sql, ALL_TIME, about=behind)
        return [row["stream"] for row in seen.rows(f"{sql} LIMIT {LISTED_AT_ONCE}")]

    found = look(lake, engine, ask)
    is_full = len(found) == LISTED_AT_ONCE
    return KeyList(keys=tuple(found), next=found[-1] if is_full else None)


def read_stream(text: str) -> str:
    """Read the name of a stream about which something is asked.

    Raises:
        ValueError: it is none.
    """
    question_about(text)
    return name_in_sql(text)


def read_stream_of(question: str, text: str) -> str:
    """Read the name of a stream that a question is about.

    Raises:
        ValueError: it is none.
    """
    if question_about(text) != question:
        raise ValueError(f"{question!r} is not asked about streams as {text!r}")
    return name_in_sql(text)


def _tell(seen: Look, name: str, streams: Sequence[str], period: Period) -> dict[str, _Told]:
    """Tell of each stream how far it has come, and what it says of a period."""
    if list(streams) == [_NOBODYS_STREAM]:
        # Asked every other second, and known without a look at any file.
        return {_NOBODYS_STREAM: _Told(version=seen.heard or None, rows=())}
    # Versions count on, whatever the period: a snapshot may be of today and tell of long ago.
    asked = STREAM_STATEMENTS[name]
    seen.provide({*asked.versions.reads, *asked.rows.reads}, ALL_TIME.until_day)
    facts = seen.rows(written(asked.versions.sql, period, about=streams))
    said: defaultdict[str, list[Any]] = defaultdict(list)
    for row in seen.rows(written(asked.rows.sql, period, about=streams)):
        said[row.pop("stream")].append(to_plain(ROWS[name](**row)))
    return {
        stream: _Told(
            version=_version([fact for fact in facts if fact["stream"] == stream]),
            rows=tuple(said[stream]),
        )
        for stream in streams
    }


def _version(facts: Sequence[dict[str, Any]]) -> int | None:
    """Return how far a stream has come, given its facts; None if one is missing, or all are.

    A snapshot stands for everything up to its version, and what it tells carries that, too.
    """
    taken_at = max((fact["version"] for fact in facts if fact["is_snapshot"]), default=0)
    newest = max((fact["version"] for fact in facts), default=None)
    since = {fact["version"] for fact in facts if fact["version"] > taken_at}
    return newest if newest is not None and len(since) == newest - taken_at else None


def _digest(stream: str, told: _Told) -> KeyDigest:
    if told.version is None:
        return KeyDigest(key=stream)
    said = Said(question=question_about(stream), rows=told.rows)
    answer = Answer(as_of=told.version, recorded_until=None, said=(said,))
    return KeyDigest(key=stream, version=told.version, digest=digest_of(stream, [answer]))
