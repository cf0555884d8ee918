"""Who is in the canary? Pure: the same customer always, and once in, in for good.

A share that grows never puts anybody out, and all paths of a family draw the same lot, so that
nobody sees the list from one store and the detail from the other.
"""

from __future__ import annotations

from hashlib import blake2b

from monolith.strangler.deciding.ladder import WHOLE


def bucket_of(family: str, subject: str) -> int:
    """Return a subject's lot within a family: 0 to 9,999, evenly spread, for ever the same."""
    digest = blake2b(f"{family}:{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % WHOLE


def is_in_share(bucket: int, share_bp: int) -> bool:
    """Tell whether a lot lies within a share of basis points."""
    return bucket < share_bp
