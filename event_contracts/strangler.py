"""What the machinery that moves reads has to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSent:
    """A sign of life on a stream of nobody's: its arrival tells how far behind a service is."""

    path: str
    sent_at: datetime
