"""Fills a service with what was there before its events: one snapshot per key, into the outbox.

A snapshot is recorded in its stream's own order, under the stream's lock, with the version it
states. So a projection can tell what it already contains, and a second backfill does no harm.
"""

from monolith.strangler.backfill.knobs import KNOBS, BadKnob, knobs_of, write_value
from monolith.strangler.backfill.progress import Progress, State, get_progress, progress_of
from monolith.strangler.backfill.running import BackfillStalled, run
from monolith.strangler.backfill.steering import (
    NoBackfill,
    abort,
    pause,
    read_knob,
    resume,
    turn,
)

__all__ = [
    "KNOBS",
    "BackfillStalled",
    "BadKnob",
    "NoBackfill",
    "Progress",
    "State",
    "abort",
    "get_progress",
    "knobs_of",
    "pause",
    "progress_of",
    "read_knob",
    "resume",
    "run",
    "turn",
    "write_value",
]
