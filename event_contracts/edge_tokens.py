"""A token that lets one customer read one moving read from its service, without the monolith.

A compact JSON Web Token (RFC 7519), signed RS256. This module knows its text only: signing is the
monolith's, verifying the authorizer's.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from typing import Any

from event_contracts.plain_values import MalformedValue, from_plain

ALGORITHM = "RS256"
ISSUER = "banyan"
# Longer ones are nobody's: an RSA signature of 4,096 bits and the claims take some 900.
LONGEST_TOKEN = 2_048


class MalformedToken(Exception):
    """The text is no token of this kind. The message never holds any of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeClaims:
    """What a token says, in JWT's own names: whom (`sub`) it lets read which path (`aud`).

    `iat` and `exp` are seconds since 1970, UTC; at `exp` the token is over.
    """

    aud: str
    sub: str
    iat: int
    exp: int
    iss: str = ISSUER


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeHeader:
    """How a token is signed: `kid` is the id of the key."""

    kid: str
    alg: str = ALGORITHM
    typ: str = "JWT"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedToken:
    """A token taken apart; nothing in it is to be believed before `signature` fits `signed`."""

    header: EdgeHeader
    claims: EdgeClaims
    signed: bytes
    signature: bytes


def to_be_signed(claims: EdgeClaims, *, key_id: str) -> str:
    """Return the part of a token that its signature covers."""
    return f"{_write(EdgeHeader(kid=key_id))}.{_write(claims)}"


def with_signature(signed: str, signature: bytes) -> str:
    """Return the whole token."""
    return f"{signed}.{_encode(signature)}"


def take_apart(token: str) -> UnverifiedToken:
    """Read a token without verifying anything but its form.

    Raises:
        MalformedToken: it is no RS256 token with our claims.
    """
    parts = token.split(".") if len(token) <= LONGEST_TOKEN else []
    if len(parts) != 3:  # noqa: PLR2004
        raise MalformedToken("not three parts of a sensible length")
    try:
        header: EdgeHeader = from_plain(EdgeHeader, _read(parts[0]))
        claims: EdgeClaims = from_plain(EdgeClaims, _read(parts[1]))
        signature = _decode(parts[2])
    except (ValueError, RecursionError, MalformedValue) as error:
        raise MalformedToken(type(error).__name__) from None
    # Whoever lets a token choose its algorithm lets it choose "none".
    if header.alg != ALGORITHM:
        raise MalformedToken("another algorithm")
    signed = f"{parts[0]}.{parts[1]}".encode()
    return UnverifiedToken(header=header, claims=claims, signed=signed, signature=signature)


def _write(part: EdgeHeader | EdgeClaims) -> str:
    return _encode(json.dumps(asdict(part), separators=(",", ":")).encode())


def _read(text: str) -> Any:
    return json.loads(_decode(text))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Python skips what is not of the alphabet: one content shall have one text only.
    if _encode(content) != text:
        raise ValueError("not base64url")
    return content
