"""Is this token genuine, meant for this route, and not over? Pure: keys and clock are given."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from event_contracts.edge_tokens import ISSUER, MalformedToken, UnverifiedToken, take_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from extracted_services.edge_authorizer.signatures import PublicKey

    FindKey = Callable[[str], PublicKey | None]

# A token is believed that much before its time, for clocks that differ; it is never believed later.
CLOCK_SKEW_SECONDS = 30
# A token for longer than this is nobody's, whoever signed it.
LONGEST_LIFE_SECONDS = 3_600


class Outcome(StrEnum):
    """What came of a token; all but the first two are refused with 403."""

    GENUINE = "genuine"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    WRONG_SIGNATURE = "wrong-signature"
    WRONG_ISSUER = "wrong-issuer"
    WRONG_AUDIENCE = "wrong-audience"
    WRONG_LIFE = "wrong-life"
    NOT_YET_VALID = "not-yet-valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a token, and what is known of it: nothing, unless its signature is right.

    `expires_at` is in seconds since 1970.
    """

    outcome: Outcome
    subject: str = ""
    expires_at: int = 0
    key_id: str = ""


def verify(token: str, *, audience: str, now: float, find_key: FindKey) -> Verdict:
    """Judge a token for the read path `audience` at the instant `now`, in seconds since 1970.

    `find_key` returns the public key of an id, or None for ids that are not believed.
    """
    try:
        taken = take_apart(token)
    except MalformedToken:
        return Verdict(outcome=Outcome.MALFORMED)
    key = find_key(taken.header.kid)
    if key is None:
        return Verdict(outcome=Outcome.UNKNOWN_KEY)
    if not key.has_signed(taken.signed, taken.signature):
        return Verdict(outcome=Outcome.WRONG_SIGNATURE)
    return Verdict(
        outcome=_judge_claims(taken, audience, now),
        subject=taken.claims.sub,
        expires_at=taken.claims.exp,
        key_id=taken.header.kid,
    )


def _judge_claims(token: UnverifiedToken, audience: str, now: float) -> Outcome:
    claims = token.claims
    if claims.iss != ISSUER:
        return Outcome.WRONG_ISSUER
    if claims.aud != audience:
        return Outcome.WRONG_AUDIENCE
    if not claims.sub or not 0 < claims.exp - claims.iat <= LONGEST_LIFE_SECONDS:
        return Outcome.WRONG_LIFE
    if claims.iat > now + CLOCK_SKEW_SECONDS:
        return Outcome.NOT_YET_VALID
    return Outcome.EXPIRED if now >= claims.exp else Outcome.GENUINE
