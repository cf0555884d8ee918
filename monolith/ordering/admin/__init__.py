"""Orders for staff."""

from __future__ import annotations

from monolith.ordering.admin.orders import OrderAdmin

__all__ = ["OrderAdmin"]
