"""The overview for machines: the same figures, and the commands that lead on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monolith.strangler.control_room.attention import findings
from monolith.strangler.control_room.fleet import fleet_of
from monolith.strangler.control_room.gate_rows import gate_rows
from monolith.strangler.control_room.holds import hold_chip
from monolith.strangler.control_room.overview import path_line
from monolith.strangler.control_room.rows import read_rows
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.gates.outcomes import bad_of
from monolith.strangler.reporting.next_steps import next_steps

if TYPE_CHECKING:
    from datetime import datetime

    from monolith.strangler.control_room.figures import Figure
    from monolith.strangler.control_room.rows import Rows


def build_feed(now: datetime) -> dict[str, Any]:
    """Return what the overview shows, as JSON: figures as text with n, bound and instant."""
    rows = read_rows(now)
    fleet = fleet_of(rows.workers, rows.control_version, now)
    return {
        "at": now.isoformat(),
        "is_all_killed": rows.is_all_killed(),
        "config": {
            "version": fleet.version,
            "workers": fleet.workers,
            "serving": fleet.serving,
            "is_converged": fleet.is_converged,
        },
        "attention": [
            {"tone": finding.tone, "path": finding.path or None, "text": finding.text}
            for finding in findings(rows)
        ],
        "paths": [_path(rows, path) for path in rows.paths],
    }


def _path(rows: Rows, path: str) -> dict[str, Any]:
    state, line, evaluation = rows.state_of(path), path_line(rows, path), rows.evaluations.get(path)
    compared = rows.day.seen(path, "compare")
    return {
        "path": path,
        "stage": Stage(state.stage).label,
        "rung": line.rung,
        "version": state.version,
        "changed_at": state.changed_at.isoformat() if state.version else None,
        "hold": hold_chip(rows, path).text,
        "has_fallback": state.has_fallback,
        "set": line.wanted.text,
        "actual": _figure(line.actual),
        "wrong_per_10k": _figure(line.wrong.figure),
        "comparisons": dict(sorted(compared.counts.items())),
        "bad": bad_of(compared, rows.day.seen(path, "recheck")) if compared.total else None,
        "stale_p99": _figure(line.stale.figure),
        "fallback": _figure(line.fallback.figure),
        "service_p95": _figure(line.service_ms),
        "monolith_p95": _figure(line.monolith_ms),
        "lag_p99": _figure(line.lag),
        "verified": {**(_figure(line.verified) or {}), "is_fresh": line.is_verified},
        "next": {
            "text": line.next.text,
            "rung": evaluation.rung if evaluation else None,
            "verdict": evaluation.verdict.upper() if evaluation else None,
            "gates": [
                {"gate": row.gate, "verdict": row.verdict.text, "now": row.now, "needs": row.needs}
                for row in gate_rows(evaluation, (), rows.now)
            ],
        },
        "next_steps": next_steps(rows.situation_of(path)),
    }


def _figure(shown: Figure) -> dict[str, Any] | None:
    """Write a figure; null where there is no data, and never nought."""
    if not shown.has_data:
        return None
    return {
        "text": shown.text,
        "n": shown.n,
        "bound": shown.bound.removeprefix("≤ ") or None,
        "at": shown.at.isoformat() if shown.at else None,
        "is_old": shown.is_old,
    }
