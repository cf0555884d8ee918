"""How a path's service is filled, and how it is proved that it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from monolith.strangler import backfill
from monolith.strangler.control_room import formatting, tables
from monolith.strangler.control_room.cells import ALIKE, FRESH_FOR
from monolith.strangler.control_room.charts import Frame, Tile, tiles
from monolith.strangler.control_room.figures import Chip
from monolith.strangler.models import BackfillChunk, BackfillRun, ReconcileRun

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

    from monolith.strangler.control_room.tables import Table

_RUNS, _CHUNKS = 20, 400
_TARGET_SECONDS, _SLOW_SECONDS = 0.5, 1.0
_STUCK_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A path's latest backfill in one line, its knobs, and its chunks drawn."""

    line: str
    state: Chip
    percent: int
    done: str
    is_open: bool
    knobs: tuple[tuple[str, str, str], ...]
    drawing: SafeString
    chunk_note: str
    slowest: tuple[BackfillChunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillPage:
    """The latest backfill, and those before it."""

    path: str
    latest: Backfill | None
    earlier: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileLine:
    """One comparison of every key."""

    started: str
    age: str
    state: Chip
    keys: str
    differing: str
    counts: str
    chunks: str
    bisected: str
    repaired: str
    took: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilePage:
    """The runs of a path, whether the last one still counts, and what it found."""

    path: str
    freshness: Chip
    lines: tuple[ReconcileLine, ...]
    findings: Table
    blind_spots: tuple[tuple[str, str], ...]


_BLIND_SPOTS = (
    ("reconcile", "what only some requests ask for: filters, pages, sorting"),
    ("shadow", "keys that nobody asks about; answers that changed while they were compared"),
    ("verify", "customers whom the monolith answers"),
    ("drill", "faults that nobody thought of"),
    ("all of them", "a mistake in what both sides share, such as the serialiser of the contract"),
)


def build_backfill(path: str, now: datetime) -> BackfillPage:
    """Read a path's backfills, the latest first."""
    runs = list(BackfillRun.objects.filter(path=path).order_by("-started_at", "-pk")[:_RUNS])
    return BackfillPage(
        path=path,
        latest=_backfill(runs[0], now) if runs else None,
        earlier=tuple(_earlier(run) for run in runs[1:]),
    )


def build_reconcile(path: str, now: datetime) -> ReconcilePage:
    """Read a path's reconciliations, the latest first."""
    runs = list(ReconcileRun.objects.filter(path=path).order_by("-started_at", "-pk")[:_RUNS])
    finished = next((run for run in runs if run.finished_at), None)
    return ReconcilePage(
        path=path,
        freshness=_freshness(finished, now),
        lines=tuple(_reconcile(run, now) for run in runs),
        findings=tables.table_of(finished.findings if finished else []),
        blind_spots=_BLIND_SPOTS,
    )


def _backfill(run: BackfillRun, now: datetime) -> Backfill:
    chunks = list(run.chunks.order_by("-at", "-pk")[:_CHUNKS])
    expected = run.keys_expected or 0
    percent = round(100 * run.keys_done / expected) if expected else 0
    return Backfill(
        line=_line(run, now),
        state=_state(run, now),
        percent=100 if run.finished_at else min(100, percent),
        done=formatting.percent(run.keys_done, expected) if expected else formatting.NO_DATA,
        is_open=run.finished_at is None and run.abandoned_at is None,
        knobs=_knobs(run),
        drawing=_drawing(chunks),
        chunk_note=f"the last {len(chunks)} chunks, {_TARGET_SECONDS} s aimed at for each",
        slowest=tuple(sorted(chunks, key=lambda chunk: -chunk.seconds)[:5]),
    )


def _line(run: BackfillRun, now: datetime) -> str:
    """Tell all in one line, as gh-ost does."""
    ended = run.finished_at or run.abandoned_at
    elapsed = ((ended or now) - run.started_at).total_seconds()
    expected = formatting.whole(run.keys_expected) if run.keys_expected else "?"
    rate = run.keys_done / elapsed if elapsed > 0 else 0
    parts = [
        f"copy: {run.keys_done:,}/{expected}",
        formatting.percent(run.keys_done, run.keys_expected or 0),
        f"elapsed: {formatting.span(elapsed)}",
        f"{rate:,.1f} keys/s",
        f"last key: {run.position or 'none'}",
        f"ETA: {_eta(run, rate)}",
    ]
    return "; ".join(parts)


def _eta(run: BackfillRun, rate: float) -> str:
    if run.finished_at:
        return "done"
    if not run.keys_expected or rate <= 0:
        return "measuring"
    left = run.keys_expected - run.keys_done
    return formatting.span(left / rate) if left > 0 else "due"


def _state(run: BackfillRun, now: datetime) -> Chip:
    if run.finished_at:
        return Chip(text="finished", tone="good", icon="pass")
    if run.abandoned_at:
        return Chip(text="abandoned", tone="bad", icon="fail")
    if run.paused_by:
        return Chip(text="paused", tone="warn", icon="pause", detail=f"by {run.paused_by}")
    if run.throttled_by:
        return Chip(text="throttled", tone="warn", icon="pause", detail=run.throttled_by)
    if run.active_at and (now - run.active_at).total_seconds() > _STUCK_SECONDS:
        age = formatting.age_of(run.active_at, now)
        return Chip(text="stuck", tone="bad", icon="fail", detail=f"nothing happened for {age}")
    return Chip(text="copying", tone="info", icon="info")


def _knobs(run: BackfillRun) -> tuple[tuple[str, str, str], ...]:
    stand = backfill.knobs_of(run)
    return tuple(
        (name, backfill.write_value(stand, name), knob.says)
        for name, knob in backfill.KNOBS.items()
    )


def _drawing(chunks: list[BackfillChunk]) -> SafeString:
    shown = [
        Tile(look=_tile_look(chunk.seconds), says=_tile_says(chunk)) for chunk in reversed(chunks)
    ]
    looks = Counter(tile.look for tile in shown)
    said = ", ".join(f"{count} {look}" for look, count in looks.items())
    return tiles(Frame(key="chunks", title="Chunks, the oldest first", description=said), shown)


def _tile_look(seconds: float) -> str:
    if seconds > _SLOW_SECONDS:
        return "slow"
    return "late" if seconds > _TARGET_SECONDS * 1.2 else "quick"


def _tile_says(chunk: BackfillChunk) -> str:
    return f"{chunk.first_key} to {chunk.last_key}: {chunk.keys:,} keys in {chunk.seconds:.2f} s"


def _earlier(run: BackfillRun) -> tuple[str, ...]:
    ended = run.finished_at or run.abandoned_at
    how = "finished" if run.finished_at else "abandoned" if run.abandoned_at else "open"
    took = formatting.span((ended - run.started_at).total_seconds()) if ended else ""
    return (_instant(run.started_at), how, formatting.whole(run.keys_done), took)


def _freshness(run: ReconcileRun | None, now: datetime) -> Chip:
    if run is None or run.finished_at is None:
        return Chip(text="no data", detail="no run has finished")
    age = formatting.age_of(run.finished_at, now)
    if now - run.finished_at > FRESH_FOR:
        return Chip(text="STALE", tone="warn", icon="old", detail=f"verified {age} ago")
    return Chip(text="fresh", tone="good", icon="pass", detail=f"verified {age} ago")


def _reconcile(run: ReconcileRun, now: datetime) -> ReconcileLine:
    differing = sum(count for final, count in run.counts.items() if final not in ALIKE)
    ended = run.finished_at or run.active_at
    return ReconcileLine(
        started=_instant(run.started_at),
        age=formatting.age_of(run.finished_at, now) if run.finished_at else "",
        state=_run_state(run, differing),
        keys=formatting.whole(run.keys),
        differing=formatting.whole(differing),
        counts=", ".join(f"{final} {count:,}" for final, count in sorted(run.counts.items())),
        chunks=formatting.whole(run.chunks),
        bisected=formatting.whole(run.chunks_bisected),
        repaired=formatting.whole(run.repaired),
        took=formatting.span((ended - run.started_at).total_seconds()) if ended else "",
    )


def _run_state(run: ReconcileRun, differing: int) -> Chip:
    if run.finished_at is None:
        return Chip(text="running", tone="info", icon="info")
    if differing:
        return Chip(text="differences", tone="bad", icon="fail")
    return Chip(text="all alike", tone="good", icon="pass")


def _instant(at: datetime) -> str:
    return f"{timezone.localtime(at):%d %b %H:%M:%S}"
