"""Do two answers agree, and what does it mean when they do not? Pure: values in, judgements out."""

from monolith.strangler.comparison.differences import (
    Difference,
    Kind,
    differences,
    generalised,
    value_at,
)
from monolith.strangler.comparison.outcomes import (
    Compared,
    Look,
    Next,
    Outcome,
    classify,
    conclude,
    outcome_of,
    second_opinion,
)

__all__ = [
    "Compared",
    "Difference",
    "Kind",
    "Look",
    "Next",
    "Outcome",
    "classify",
    "conclude",
    "differences",
    "generalised",
    "outcome_of",
    "second_opinion",
    "value_at",
]
