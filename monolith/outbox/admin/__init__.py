"""The outbox to look at, and what an operator may do with it. Nobody edits a row."""

from __future__ import annotations

from monolith.outbox.admin.messages import OutboxMessageAdmin
from monolith.outbox.admin.streams import HeldStreamAdmin

__all__ = ["HeldStreamAdmin", "OutboxMessageAdmin"]
