"""Checksums over many answers at once: the same code on both sides, so that equal means equal.

The digest of a key is taken over the answer in its contract's words, page by page. The hash of many
keys is a sum, so the order in which they are read does not matter.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from event_contracts.plain_values import to_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_KEYS = 100
"""How many keys one request for a checksum may name."""

_DIGEST_BYTES = 16
_write = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVersion:
    """How far one key's answer has come; None: there is no complete answer."""

    key: str
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum:
    """What one side holds for the keys asked about.

    `count` and `hash` are over the keys that have a complete answer; `versions` names every key.
    """

    count: int
    hash: str
    versions: tuple[KeyVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """Some of the keys that a service holds anything of; `next` asks for those behind them."""

    keys: tuple[str, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDigest:
    """One key's answer in short. Without a `digest` there is no complete answer."""

    key: str
    version: int | None = None
    digest: str = ""


def digest_of(key: str, pages: Sequence[object]) -> str:
    """Digest all pages of a key's answer: equal exactly when the pages are, place by place.

    Raises:
        MalformedValue: an instant has no time zone.
    """
    text = _write([key, [to_plain(page) for page in pages]])
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def checksum_of(digests: Iterable[KeyDigest]) -> Checksum:
    """Sum up the digests of some keys, whatever their order."""
    known = list(digests)
    complete = [each for each in known if each.version is not None]
    total = sum(map(_number, complete)) % (1 << 8 * _DIGEST_BYTES)
    return Checksum(
        count=len(complete),
        hash=f"{total:0{2 * _DIGEST_BYTES}x}",
        versions=tuple(KeyVersion(key=each.key, version=each.version) for each in known),
    )


def _number(each: KeyDigest) -> int:
    text = _write([each.key, each.version, each.digest])
    return int.from_bytes(blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest(), "big")
