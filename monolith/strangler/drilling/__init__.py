"""Rehearses disasters on a path's twin: same code, own state, and no customer ever sees it."""

from monolith.strangler.drilling.conducting import RESTORE, DrillImpossible, drill
from monolith.strangler.drilling.faults import FAULTS

__all__ = ["FAULTS", "RESTORE", "DrillImpossible", "drill"]
