"""The catalogue for staff."""

from __future__ import annotations

from monolith.catalogue.admin.products import ProductAdmin

__all__ = ["ProductAdmin"]
