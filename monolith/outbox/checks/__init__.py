"""Misconfiguration stops the deploy, not the customer: `manage.py check --database default`.

Every id has a line in docs/outbox/checks.md.
"""

from __future__ import annotations

from monolith.outbox.checks.configured import check_contracts, check_numbers, check_topics
from monolith.outbox.checks.tables import check_tables

__all__ = ["check_contracts", "check_numbers", "check_tables", "check_topics"]
