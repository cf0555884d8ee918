"""Rehearses disasters on a path's twin: same code, own state, and no customer ever sees it."""

from monolith.strangler.drilling.conducting import DrillImpossible, drill
from monolith.strangler.drilling.faults import FAULTS, faults_of
from monolith.strangler.gates.profiles import RESTORE

__all__ = ["FAULTS", "RESTORE", "DrillImpossible", "drill", "faults_of"]
