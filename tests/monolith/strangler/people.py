"""Who changes something in the strangler's tests."""

from __future__ import annotations

from monolith.strangler.audit import Who
from tests.factories import NOON

WHO = Who(actor="dana", reason="peak", at=NOON)
