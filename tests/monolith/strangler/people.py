"""Who changes something in the strangler's tests."""

from __future__ import annotations

from monolith.strangler.state.audit import Who
from tests.factories import NOON

WHO = Who(actor="dana", reason="peak", at=NOON)
