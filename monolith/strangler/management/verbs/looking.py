"""`status`: where the paths stand, on what evidence, and what comes next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.deciding.decision import Hold
from monolith.strangler.deciding.ladder import rung_above
from monolith.strangler.gates import gating
from monolith.strangler.management import speaking
from monolith.strangler.reporting import summaries
from monolith.strangler.reporting.next_steps import next_steps, situation_of

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Iterator
    from datetime import datetime

    from django.core.management.base import BaseCommand

    from monolith.strangler.models import BackfillRun
    from monolith.strangler.reporting.summaries import Summary

_WATCH_SECONDS = 2.0
_PER_TEN_THOUSAND = 10_000


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    status = verbs.add_parser("status", help="where the paths stand")
    status.add_argument("path", nargs="?")
    status.add_argument("--json", action="store_true")
    status.add_argument("-w", "--watch", action="store_true", help="again and again, until Ctrl-C")
    status.set_defaults(run=_status)


def _status(command: BaseCommand, options: dict[str, Any]) -> None:
    _print(command, options)
    while options["watch"]:
        time.sleep(_WATCH_SECONDS)
        _print(command, options)


def _print(command: BaseCommand, options: dict[str, Any]) -> None:
    at = timezone.now()
    names = [options["path"]] if options["path"] else registry.names()
    found = [summaries.summarise(name, at=at) for name in names]
    if options["json"]:
        speaking.print_json(command, [_facts(summary, at) for summary in found])
        return
    for summary in found:
        command.stdout.write("\n".join(_lines(summary, at)))


def _facts(summary: Summary, at: datetime) -> dict[str, Any]:
    status, run = summary.status, summary.status.backfill
    return {
        "path": status.path,
        "stage": status.stage.label,
        "rung": status.rung.name,
        "dial": {
            "shadow": status.dial.shadow_bp,
            "canary": status.dial.canary_bp,
            "verify": status.dial.verify_bp,
            "fallback": status.dial.has_fallback,
        },
        "hold": status.hold.value,
        "hold_reason": status.hold_reason,
        "version": status.version,
        "is_killed": status.is_killed,
        "has_address": status.has_address,
        "profile": summary.profile_label,
        "reads": summary.reads,
        "actual": summary.actual_bp,
        "fallbacks": summary.fallbacks,
        "compared": summary.agreement.judged,
        "wrong": summary.agreement.bad,
        "wrong_upper_bound": summary.agreement.upper_bound,
        "last_transition": status.last_transition
        and speaking.transition_facts(status.last_transition),
        "backfill": run
        and {
            "keys_done": run.keys_done,
            "started_at": run.started_at.isoformat(),
            "finished_at": run.finished_at and run.finished_at.isoformat(),
        },
        "next_steps": _next_steps(summary, at),
    }


def _lines(summary: Summary, at: datetime) -> Iterator[str]:
    status, moved = summary.status, summary.status.last_transition
    since = (
        f"  since {moved.at:%Y-%m-%d %H:%M:%S} UTC by {moved.actor}: {moved.reason}"
        if moved
        else ""
    )
    yield f"{status.path}  {status.rung}  ({summary.profile_label}){since}"
    if status.is_killed:
        yield "  KILLED: the monolith answers, whatever the stage"
    if status.hold is not Hold.NONE:
        until = f" until {status.hold_until:%Y-%m-%d %H:%M} UTC" if status.hold_until else ""
        yield f"  {status.hold.upper()} by {status.hold_by}{until}: {status.hold_reason}"
    if not status.has_address:
        yield "  no service is deployed: no address"
    yield f"  serve     {_serve_line(summary)}"
    yield f"  compare   {_compare_line(summary)}"
    yield f"  data      {_data_line(summary)}"
    yield f"  backfill  {_backfill_line(status.backfill)}"
    yield from _gates_line(summary)
    for step in _next_steps(summary, at):
        yield f"  next      {step}"


def _next_steps(summary: Summary, at: datetime) -> list[str]:
    return next_steps(situation_of(summary.status, at=at))


def _serve_line(summary: Summary) -> str:
    if not summary.reads:
        return "no reads in this epoch"
    set_share = f"set {summary.status.dial.canary_bp / 100:.2f} %"
    actual = f"actual {(summary.actual_bp or 0) / 100:.2f} %"
    fallbacks = f"fallback {summary.fallbacks / summary.reads:.2%}"
    p95 = f"p95 {_ms(summary.service_p95)}|{_ms(summary.monolith_p95)}"
    return f"n={summary.reads:,}  {set_share}  {actual}  {p95}  {fallbacks}"


def _compare_line(summary: Summary) -> str:
    counts = summary.evidence.compared_in_epoch.by_name
    if not counts:
        return "nothing compared in this epoch"
    agreement = summary.agreement
    bound = f"UB95 {agreement.upper_bound * _PER_TEN_THOUSAND:.1f}/10k n={agreement.judged:,}"
    each = "  ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
    return f"{each}  wrong {agreement.bad:,}  {bound}"


def _data_line(summary: Summary) -> str:
    return f"lag p99 {_ms(summary.lag_p99)}  staleness p99 {_ms(summary.staleness_p99)}"


def _backfill_line(run: BackfillRun | None) -> str:
    if run is None:
        return "not begun"
    if run.finished_at is None:
        return f"not finished: {run.keys_done:,} keys done, up to {run.position or 'the start'}"
    return f"finished at {run.finished_at:%Y-%m-%d %H:%M:%S} UTC: {run.keys_done:,} keys"


def _gates_line(summary: Summary) -> Iterator[str]:
    above = rung_above(summary.status.rung)
    latest = gating.find_latest(summary.status.path, above.name) if above else None
    if latest is not None:
        each = "  ".join(
            f"{result['gate']} {result['verdict'].upper()}" for result in latest.results
        )
        yield f"  gates     {above}: {each}"


def _ms(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds:,.0f} ms"
