"""Evidence of a path that every gate lets pass, to be broken in one place at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monolith.strangler.counting.statistics import bucket_of
from monolith.strangler.gates.facts import (
    Business,
    Counts,
    Drilled,
    Evidence,
    Filling,
    Reconciled,
    Relaying,
)
from tests.factories import NOON

NOW = NOON
LATELY = NOW - timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=60)
NOTHING = Counts(since=NOW - timedelta(days=1))


def ago(**length):
    return NOW - timedelta(**length)


def counts(names=None, *, newest=LATELY, since=NOW - timedelta(days=1), **more):
    return Counts(by_name={**(names or {}), **more}, newest=newest, since=since)


def timed(milliseconds, n, *, newest=LATELY):
    return counts({str(bucket_of(milliseconds)): n}, newest=newest)


def drill(fault, **changes):
    facts = {
        "at": ago(days=6),
        "has_passed": True,
        "detected_seconds": 20.0,
        "rolled_back_seconds": 1.0,
    }
    return Drilled(fault=fault, **{**facts, **changes})


def reconciled(**changes):
    facts: dict[str, Any] = {
        "keys": 4_000,
        "counts": {"match": 3_990, "healed": 10, "wrong": 0},
        "finished_at": ago(minutes=20),
        "is_of_this_code": True,
    }
    return Reconciled(**{**facts, **changes})


FAULTS = ("stale", "wrong", "slow", "error", "restore")
COMPARED = {"match": 40_000, "match-norm": 100, "stale": 20, "noise": 9}


def sound(rung: str = "shadow-100", **changes: Any) -> Evidence:
    facts: dict[str, Any] = {
        "path": "shelf",
        "rung": rung,
        "rung_since": LONG_AGO,
        "canary_bp": 500,
        "epoch": 7,
        "opened_at": LONG_AGO,
        "answers": counts({"service:cohort": 40_000, "monolith:not-in-cohort": 90_000}),
        "answers_lately": counts({"service:stage": 40_000}),
        "unanswered_lately": NOTHING,
        "old_path_lately": NOTHING,
        "busiest_hour": 900,
        "peak_hour": 1_000,
        "compared": counts(COMPARED),
        "compared_in_epoch": counts(COMPARED),
        "verified": counts(match=9_000),
        "rechecked": counts(healed=20),
        "staleness": timed(1_800, 20),
        "noise": counts(same=600, changed=1),
        "shapes": counts(plain=400, filtered=31),
        "declared_shapes": ("plain", "filtered"),
        "service_latency": timed(60, 4_000),
        "monolith_latency": timed(140, 4_000),
        "shadowed_latency": timed(140, 1_000),
        "plain_latency": timed(140, 9_000),
        "dropped": counts({"queue-full": 3}),
        "own_writes": counts({"reached": 500, "waited": 20, "fell-back": 4}),
        "lag": timed(600, 360),
        "dead_letters": counts(none=60),
        "checks": counts(contract=20, idempotent=20),
        "relaying": Relaying(is_complete=True, parked=0),
        "beat_at": ago(seconds=6),
        "planned_at": ago(hours=1),
        "filling": Filling(keys_done=4_000, keys_expected=3_990, finished_at=ago(hours=5)),
        "reconciled": reconciled(),
        "drills": tuple(drill(fault) for fault in FAULTS),
        "open_signatures": 0,
        "watched": 60_000,
        "live_rules": (),
        "automatic_rollbacks": 0,
        "business": Business(orders=90, visits=1_000, control_orders=900, control_visits=10_000),
    }
    return Evidence(**{**facts, **changes})


def nothing_known(rung: str) -> Evidence:
    return Evidence(path="shelf", rung=rung)
