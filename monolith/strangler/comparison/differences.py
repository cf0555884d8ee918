"""Where do two answers of a contract differ? Pure.

Differences name places, never values: they end up in logs and on screens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from event_contracts.plain_values import to_plain
from monolith.strangler.comparison.alignment import align

_INDEX = re.compile(r"\[\d+\]")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
# Anything else is no field of a contract but somebody's data, and has no place in a place.
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_SOME_KEY = "{}"


class Kind(StrEnum):
    """How two answers differ at one place."""

    CHANGED = "changed"
    MISSING = "missing"  # only the monolith has it
    EXTRA = "extra"  # only the service has it
    REORDERED = "reordered"  # a list of the same items in another order
    EDGE = "edge"  # fell off a full page, or came onto it, because of another difference before it


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the answers differ, written as `orders[2].status`.

    The place counts in the monolith's answer, or in the service's for what only that one has;
    `there` is the place in the service's answer where that is another one.
    """

    place: str
    kind: Kind
    there: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.place or 'the answer'} {self.kind}"


class NoSuchPlace(Exception):
    """An answer has nothing at this place."""


def differences(
    monolith: object, service: object, *, keys: Mapping[str, str] | None = None
) -> tuple[Difference, ...]:
    """Compare two answers of a contract, field by field.

    `keys` names, for lists by their generalised places, the field that tells one item from the
    next, so that an item is compared with itself wherever it stands: `{"orders": "order_number"}`.
    """
    return tuple(_walk(to_plain(monolith), to_plain(service), "", "", keys or {}))


def generalised(place: str) -> str:
    """Return the pattern of a place: `orders[].status` for `orders[2].status`."""
    return _INDEX.sub("[]", place)


def value_at(plain: Any, place: str) -> Any:
    """Return what stands at a place of an answer in plain values.

    Raises:
        NoSuchPlace: nothing does.
    """
    for index, name in _STEP.findall(place):
        try:
            plain = plain[int(index)] if index else plain[name]
        except (LookupError, TypeError):
            raise NoSuchPlace(place) from None
    return plain


def _walk(
    monolith: Any, service: Any, place: str, there: str, keys: Mapping[str, str]
) -> Iterator[Difference]:
    if isinstance(monolith, Mapping) and isinstance(service, Mapping):
        yield from _walk_fields(monolith, service, place, there, keys)
    elif isinstance(monolith, list) and isinstance(service, list):
        yield from _walk_items(monolith, service, place, there, keys)
    elif monolith != service or type(monolith) is not type(service):
        yield Difference(place, Kind.CHANGED, there if there != place else "")


def _walk_fields(
    monolith: Mapping[str, Any],
    service: Mapping[str, Any],
    place: str,
    there: str,
    keys: Mapping[str, str],
) -> Iterator[Difference]:
    for name in sorted({*monolith, *service}):
        inner = _inside(place, name)
        if name not in service:
            yield Difference(inner, Kind.MISSING)
        elif name not in monolith:
            yield Difference(inner, Kind.EXTRA)
        else:
            yield from _walk(monolith[name], service[name], inner, _inside(there, name), keys)


def _walk_items(
    monolith: list[Any], service: list[Any], place: str, there: str, keys: Mapping[str, str]
) -> Iterator[Difference]:
    aligned = align(monolith, service, key=keys.get(generalised(place)))
    if aligned.is_reordered:
        yield Difference(place, Kind.REORDERED, there if there != place else "")
    for ours, theirs in aligned.pairs:
        yield from _walk(
            monolith[ours], service[theirs], f"{place}[{ours}]", f"{there}[{theirs}]", keys
        )
    for index in aligned.missing:
        yield Difference(f"{place}[{index}]", Kind.MISSING)
    for index in aligned.extra:
        yield Difference(f"{place}[{index}]", Kind.EXTRA)
    for index in aligned.edge:
        yield Difference(f"{place}[{index}]", Kind.EDGE)


def _inside(place: str, name: Any) -> str:
    if not isinstance(name, str) or not _FIELD_NAME.fullmatch(name):
        return f"{place}{_SOME_KEY}"
    return f"{place}.{name}" if place else name
