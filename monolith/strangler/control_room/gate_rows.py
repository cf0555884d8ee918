"""What the gates before the next rung said last, as rows to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime

from monolith.strangler.control_room import formatting
from monolith.strangler.control_room.figures import Chip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monolith.strangler.models import GateEvaluation

EVALUATED_EVERY = timedelta(minutes=5)
PASSING = frozenset({"PASS", "WAIVED"})
NOT_EVALUATED = Chip(text="no data", detail="the gates were not evaluated yet")
# The worst first: that is what keeps a path where it is.
_ORDER = ("FAIL", "STALE", "INCONCLUSIVE", "WAIVED", "PASS")
_LOOKS = {
    "PASS": ("good", "pass"),
    "FAIL": ("bad", "fail"),
    "INCONCLUSIVE": ("warn", "unsure"),
    "STALE": ("warn", "old"),
    "WAIVED": ("info", "waived"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """One gate: what it asks for, what there is, what it still needs; `trend`: earlier verdicts."""

    gate: str
    requires: str
    now: str
    n: str
    bound: str
    needs: str
    window: str
    age: str
    is_old: bool
    is_dry_run: bool
    verdict: Chip
    trend: tuple[Chip, ...] = ()

    @property
    def holds_back(self) -> bool:
        """Tell whether this gate keeps the path from climbing."""
        return not self.is_dry_run and self.verdict.text not in PASSING


def verdict_chip(verdict: str, detail: str = "") -> Chip:
    """Show a verdict as colour, icon and word."""
    tone, icon = _LOOKS.get(verdict, ("soft", "unsure"))
    return Chip(text=verdict, tone=tone, icon=icon, detail=detail)


def gate_rows(
    evaluation: GateEvaluation | None, earlier: Sequence[GateEvaluation], now: datetime
) -> tuple[GateRow, ...]:
    """Return the gates of an evaluation as they stand; `earlier` ones, the latest first."""
    if evaluation is None:
        return ()
    return tuple(_row(result, evaluation, earlier, now) for result in evaluation.results)


def next_step(evaluation: GateEvaluation | None, now: datetime) -> Chip:
    """Say what keeps a path from its next rung: the worst gate, or nothing."""
    if evaluation is None:
        return NOT_EVALUATED
    blocking = sorted(
        (row for row in gate_rows(evaluation, (), now) if row.holds_back),
        key=lambda row: _rank(row.verdict.text),
    )
    if not blocking:
        return Chip(text=f"ready for {evaluation.rung}", tone="good", icon="pass")
    worst = blocking[0]
    text = f"{worst.gate.split(' ')[0]} {worst.verdict.text}"
    return Chip(
        text=text, tone=worst.verdict.tone, icon=worst.verdict.icon, detail=worst.needs or worst.now
    )


def blocking_words(evaluation: GateEvaluation | None) -> str:
    """Say in words why nobody may advance, or nothing if everybody may."""
    if evaluation is None:
        return "the gates of the next rung were not evaluated yet"
    if evaluation.verdict.upper() in PASSING:
        return ""
    blocking = [f"{gate} {verdict}" for gate, verdict in _blocking(evaluation)]
    return ", ".join(blocking) or f"the gates say {evaluation.verdict.upper()}"


def _blocking(evaluation: GateEvaluation) -> list[tuple[str, str]]:
    return [
        (_name(result), _verdict(result))
        for result in evaluation.results
        if _verdict(result) not in PASSING and not result.get("is_dry_run")
    ]


def _row(
    result: Mapping[str, Any],
    evaluation: GateEvaluation,
    earlier: Sequence[GateEvaluation],
    now: datetime,
) -> GateRow:
    as_of = parse_datetime(_text(result, "as_of")) or evaluation.at
    return GateRow(
        gate=_name(result),
        requires=_text(result, "requires"),
        now=_text(result, "now") or formatting.NO_DATA,
        n=_counted(result.get("n")),
        bound=_text(result, "bound"),
        needs=_text(result, "needs"),
        window=_text(result, "window"),
        age=formatting.age_of(as_of, now),
        is_old=now - as_of > 2 * EVALUATED_EVERY,
        is_dry_run=bool(result.get("is_dry_run")),
        verdict=verdict_chip(_verdict(result)),
        trend=tuple(_trend(_name(result), earlier)),
    )


def _trend(gate: str, earlier: Sequence[GateEvaluation]) -> list[Chip]:
    """Return the gate's verdicts, the oldest first."""
    return [
        verdict_chip(_verdict(result), detail=f"{evaluation.at:%H:%M}")
        for evaluation in reversed(earlier)
        for result in evaluation.results
        if _name(result) == gate
    ]


def _verdict(result: Mapping[str, Any]) -> str:
    return _text(result, "verdict").upper()


def _name(result: Mapping[str, Any]) -> str:
    return f"{_text(result, 'gate')} {_text(result, 'name')}".strip()


def _counted(n: Any) -> str:
    return formatting.whole(n) if isinstance(n, int) else str(n or "")


def _text(result: Mapping[str, Any], key: str) -> str:
    value = result.get(key)
    return "" if value is None else str(value)


def _rank(verdict: str) -> int:
    return _ORDER.index(verdict) if verdict in _ORDER else len(_ORDER)
