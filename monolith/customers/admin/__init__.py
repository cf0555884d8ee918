"""Customers, and everybody who signs in, for staff."""

from __future__ import annotations

from monolith.customers.admin.accounts import AccountAdmin, GroupAdmin
from monolith.customers.admin.customers import CustomerAdmin

__all__ = ["AccountAdmin", "CustomerAdmin", "GroupAdmin"]
