"""Streams of which something never arrives, although what was sent later does: an event is lost.

Whoever is merely late lags with everybody, and the heart tells how much. A stream that is still
behind when a beat of the heart has arrived that was sent long after it was missed has lost an
event, or one that goes back to its queue again and again. Its own customer is never shown that:
read-your-writes sees to it. But nothing heals it either, so nobody else shall get there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.utils import timezone

from monolith.strangler.counting import tallies
from monolith.strangler.state import controls

if TYPE_CHECKING:
    from datetime import datetime

logger = structlog.get_logger(__name__)

# Streams do not wait for each other, so a beat may overtake an event by a little.
PATIENCE = timedelta(seconds=10)
_MOST = 10_000


@dataclass(slots=True)
class _Missed:
    """The version that a stream's reader asked for, and since when it has not come."""

    version: int
    since: datetime
    is_told: bool = False


_lock = threading.Lock()
_missed: dict[tuple[str, str], _Missed] = {}


def behind(path: str, stream: str, *, as_of: int, wanted: int) -> None:
    """Note that a service stands at `as_of` of a stream where `wanted` was committed already."""
    now = timezone.now()
    with _lock:
        missed = _missed.get((path, stream))
        if missed is None or as_of >= missed.version:
            _begin(path, stream, wanted, now)
            return
        is_lost = not missed.is_told and _was_overtaken(path, missed)
        missed.is_told |= is_lost
    if is_lost:
        tallies.add(path, "ryw", "lost")
        tallies.alert(path, "lost")
        logger.error("event missing", path=path, stream=stream, version=as_of + 1)


def caught_up(path: str, stream: str) -> None:
    """Note that a service has all of a stream."""
    if _missed:
        with _lock:
            _missed.pop((path, stream), None)


def forget() -> None:
    """Begin anew."""
    with _lock:
        _missed.clear()


def _begin(path: str, stream: str, version: int, at: datetime) -> None:
    if len(_missed) >= _MOST and (path, stream) not in _missed:
        del _missed[next(iter(_missed))]
    _missed[path, stream] = _Missed(version, at)


def _was_overtaken(path: str, missed: _Missed) -> bool:
    heard = controls.cache.last_known().heard.get(path)
    return heard is not None and heard >= missed.since + PATIENCE
