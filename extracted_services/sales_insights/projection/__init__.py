"""From events to files that can be asked."""

from __future__ import annotations

from extracted_services.sales_insights.projection.facts import facts_of
from extracted_services.sales_insights.projection.merging import (
    FULL_BYTES,
    READ_FOR,
    Merged,
    merge,
)

__all__ = ["FULL_BYTES", "READ_FOR", "Merged", "facts_of", "merge"]
