"""How staff read amounts, shares and instants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


def pounds(pence: int) -> str:
    """Write an amount in pence as pounds."""
    return f"£{pence / 100:,.2f}"


def percent(basis_points: int) -> str:
    """Write a share in basis points as a percentage with one decimal: 1234 is 12.3 %."""
    return f"{basis_points / 100:.1f}\N{NO-BREAK SPACE}%"


def moment(at: datetime) -> str:
    """Write an instant in the shop's own time."""
    return timezone.localtime(at).strftime("%d %b %Y %H:%M")
