"""Do two answers agree, and what does it mean when they do not? Pure.

Differences name places, never values: they end up in logs and on screens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from event_contracts.plain_values import to_plain


class Kind(StrEnum):
    """How two answers differ at one place."""

    CHANGED = "changed"
    MISSING = "missing"  # only the monolith has it
    EXTRA = "extra"  # only the service has it


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the answers differ, written as `orders[2].status`."""

    place: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.place or 'the answer'} {self.kind}"


class Outcome(StrEnum):
    """What comparing one key's answers says."""

    MATCH = "match"
    STALE = "stale"  # the service is behind the monolith; time may heal it
    MISSING = "missing"  # the service has no complete answer yet; time may heal it
    MOVED = "moved"  # the monolith changed while we looked: look again
    WRONG = "wrong"  # same version, other content: time will not heal it
    ERROR = "error"  # the service could not be asked


def differences(monolith: object, service: object) -> tuple[Difference, ...]:
    """Compare two answers of a contract, field by field."""
    return tuple(_walk(to_plain(monolith), to_plain(service), ""))


def outcome_of(
    *, monolith_version: int, service_version: int | None, found: tuple[Difference, ...]
) -> Outcome:
    """Classify a comparison; `service_version` is None when the service has no complete answer.

    Content is only judged at equal versions: an older answer is stale, not wrong.
    """
    if service_version is None:
        return Outcome.MISSING
    if service_version < monolith_version:
        return Outcome.STALE
    if service_version > monolith_version:
        return Outcome.MOVED
    return Outcome.WRONG if found else Outcome.MATCH


def _walk(monolith: Any, service: Any, place: str) -> Iterator[Difference]:
    if isinstance(monolith, Mapping) and isinstance(service, Mapping):
        yield from _walk_fields(monolith, service, place)
    elif isinstance(monolith, list) and isinstance(service, list):
        yield from _walk_items(monolith, service, place)
    elif monolith != service or type(monolith) is not type(service):
        yield Difference(place, Kind.CHANGED)


def _walk_fields(
    monolith: Mapping[str, Any], service: Mapping[str, Any], place: str
) -> Iterator[Difference]:
    for name in sorted({*monolith, *service}):
        inner = f"{place}.{name}" if place else name
        if name not in service:
            yield Difference(inner, Kind.MISSING)
        elif name not in monolith:
            yield Difference(inner, Kind.EXTRA)
        else:
            yield from _walk(monolith[name], service[name], inner)


def _walk_items(monolith: list[Any], service: list[Any], place: str) -> Iterator[Difference]:
    shared = min(len(monolith), len(service))
    for index in range(shared):
        yield from _walk(monolith[index], service[index], f"{place}[{index}]")
    for index in range(shared, len(monolith)):
        yield Difference(f"{place}[{index}]", Kind.MISSING)
    for index in range(shared, len(service)):
        yield Difference(f"{place}[{index}]", Kind.EXTRA)
