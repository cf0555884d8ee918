"""Which disagreements are the same disagreement? Those at the same places, whatever the values."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from monolith.strangler.comparison.differences import generalised

if TYPE_CHECKING:
    from monolith.strangler.comparison.differences import Difference
    from monolith.strangler.comparison.outcomes import Outcome

# An answer that differs everywhere is recognised by some of it.
MOST_PLACES = 50


def places_of(differences: tuple[Difference, ...]) -> list[str]:
    """List where and how answers differ, in patterns: `orders[].status changed`."""
    found = {f"{generalised(each.place)} {each.kind}".strip() for each in differences}
    return sorted(found)[:MOST_PLACES]


def digest_of(outcome: Outcome, differences: tuple[Difference, ...]) -> str:
    """Return 16 hexadecimal digits: the same for the same outcome at the same places."""
    text = "\n".join([outcome.value, *places_of(differences)])
    return blake2b(text.encode(), digest_size=8).hexdigest()
