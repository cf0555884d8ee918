"""Five read paths on five rungs, with a day of tallies: what a control room has to look at."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from monolith.strangler.counting.statistics import bucket_of
from monolith.strangler.deciding.ladder import RUNGS, rung_called
from monolith.strangler.models import (
    Approval,
    BackfillChunk,
    BackfillRun,
    Drill,
    Epoch,
    GateEvaluation,
    Heartbeat,
    NormaliseRule,
    PathState,
    Plan,
    ReadRecord,
    ReconcileRun,
    Sample,
    Signature,
    Tally,
    Transition,
    TransitionEffect,
    Watch,
    WorkerSeen,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PATHS = {
    "order_history": "canary-25",
    "order_detail": "shadow-100",
    "catalogue_search": "backfill",
    "customer_summary": "monolith",
    "sales_insights": "service",
}


def seed(now, every=60):
    """Fill the tables as if the paths had been on the move for some days.

    `every`: minutes between two tallies; fewer make the charts more like those of a busy shop.
    """
    for path, rung in PATHS.items():
        climb(path, rung, now)
    serve("order_history", now, share=0.248, service_ms=58, monolith_ms=139, epoch=3, every=every)
    serve(
        "order_detail", now, share=0, service_ms=51, monolith_ms=118, epoch=2, wrong=4, every=every
    )
    serve(
        "sales_insights", now, share=0.999, service_ms=206, monolith_ms=1890, epoch=5, every=every
    )
    for path, epoch, rung, results in (
        ("order_history", 3, "canary-50", OF_CANARY),
        ("order_detail", 2, "canary-1", OF_SHADOW),
        ("sales_insights", 5, "service-alone", OF_SERVICE),
    ):
        evaluate(path, epoch, rung, results, now)
    disagree(now)
    fill(now)
    observe(now)
    plan_something(now)


def climb(path, rung, now):
    """Move a path up to a rung, a step every six hours, the last one two hours ago."""
    target = rung_called(rung)
    steps = RUNGS[: RUNGS.index(target) + 1]
    for version, (before, after) in enumerate(pairwise(steps), start=1):
        at = now - 2 * HOUR - (len(steps) - 1 - version) * 6 * HOUR
        moved = transition(path, version, before, after, at)
        TransitionEffect.objects.create(
            transition=moved, workers=8, milliseconds=1_400 + 90 * version, is_complete=True, at=at
        )
        Epoch.objects.create(
            path=path,
            number=version,
            fingerprint=f"{version:064d}",
            facts={},
            opened_at=at,
            why=f"the dial went to {after}",
        )
    dial = target.dial
    PathState.objects.create(
        path=path,
        stage=target.stage,
        shadow_bp=dial.shadow_bp,
        canary_bp=dial.canary_bp,
        verify_bp=dial.verify_bp,
        has_fallback=dial.has_fallback,
        version=len(steps) - 1,
        changed_at=now - 2 * HOUR,
    )


def transition(path, version, before, after, at, **rest):
    given = {"actor": "dana", "reason": "peak passed clean", "ticket": "SHOP-418", "via": "web"}
    return Transition.objects.create(
        path=path,
        version=version,
        from_stage=before.stage,
        to_stage=after.stage,
        at=at,
        before={"rung": before.name},
        after={"rung": after.name},
        took_microseconds=2_300,
        digest=f"{version:04d}ab3f99c1".ljust(64, "0"),
        **{**given, **rest},
    )


def serve(path, now, *, share, service_ms, monolith_ms, epoch, every, wrong=0):
    """Tally a day of reads and comparisons."""
    chance = random.Random(path)
    Epoch.objects.filter(path=path).exclude(number__lte=epoch).delete()
    Epoch.objects.filter(path=path, number=epoch).update(opened_at=now - 26 * HOUR)
    counts: Counter[tuple[datetime, str, str]] = Counter()
    start = now.replace(second=0, microsecond=0)
    for back in range(0, 24 * 60, every):
        minute = start - back * MINUTE
        busy = 0.5 + 0.5 * abs(((minute.hour + 12) % 24) - 12) / 12
        reads = round(every * 5 * (1.5 - busy) * chance.uniform(0.8, 1.2))
        served = round(reads * share)
        counts[minute, "answer", "service:cohort"] += served
        counts[minute, "answer", "monolith:not-in-cohort"] += reads - served
        if share and chance.random() < 0.25:
            counts[minute, "answer", "monolith:fallback:timeout"] += 1
        for _ in range(min(reads, 12)):
            counts[minute, "latency-service", str(_bucket(chance, service_ms))] += 1
            counts[minute, "latency-monolith", str(_bucket(chance, monolith_ms))] += 1
        counts[minute, "lag", str(_bucket(chance, 300))] += 6
        _compare(counts, minute, chance, reads)
    for back in range(wrong):
        counts[start - (back * 47 + 3) * MINUTE, "compare", "wrong"] += 1
    Tally.objects.bulk_create(
        Tally(path=path, epoch=epoch, minute=minute, series=series, name=name, count=count)
        for (minute, series, name), count in counts.items()
        if count
    )


def _compare(counts, minute, chance, reads):
    counts[minute, "compare", "match"] += reads
    counts[minute, "compare", "match-norm"] += round(reads * 0.012)
    counts[minute, "rule", "price_format"] += round(reads * 0.012)
    counts[minute, "noise", "same"] += max(1, reads // 10)
    counts[minute, "shape", "first-page"] += reads // 2
    counts[minute, "shape", "later-page"] += reads // 3
    counts[minute, "ryw", "reached"] += reads // 9
    if chance.random() < 0.2:
        counts[minute, "compare", "stale"] += 1
        counts[minute, "staleness", str(_bucket(chance, 700))] += 1
        counts[minute, "recheck", "healed"] += 1
        counts[minute, "ryw", "waited"] += 1
    if chance.random() < 0.05:
        counts[minute, "noise", "changed"] += 1
        counts[minute, "compare", "noise"] += 1
        counts[minute, "shape", "by-status"] += 1
        counts[minute, "ryw", "fell-back"] += 1
        counts[minute, "dropped", "queue-full"] += 1
        counts[minute, "compare", "dropped"] += 1


def _bucket(chance, milliseconds):
    return bucket_of(milliseconds * chance.lognormvariate(-0.35, 0.42))


def gate(name, requires, now, verdict, **rest):
    return {"gate": name, "requires": requires, "now": now, "verdict": verdict, **rest}


OF_CANARY = [
    gate(
        "F1 bake",
        "≥ 12 h and ≥ 12,000 reads served",
        "2 h 0 min, 4,208 reads",
        "INCONCLUSIVE",
        n=4208,
        window="step",
        needs="needs ~7,792 more reads, about 6 h 10 min at this rate",
    ),
    gate(
        "F2 fallback",
        "≤ 0.5 % and ≤ control + 0.25 pp",
        "0.12 %",
        "PASS",
        n=4208,
        bound="≤ 0.24 %",
        window="step",
    ),
    gate(
        "F3 verify",
        "n ≥ 3,000, 0 wrong",
        "0 wrong",
        "PASS",
        n=3110,
        bound="≤ 9.6 /10k",
        window="step",
    ),
    gate("F4 ryw", "0 violations, ≤ 3 % fell back", "0, 0.8 %", "PASS", n=512, window="step"),
    gate(
        "F5 business",
        "no drop of orders per visit",
        "-0.3 %",
        "INCONCLUSIVE",
        n=412,
        window="step",
        needs="~2,100 more visits",
        is_dry_run=True,
    ),
    gate("E6 drill", "passed within 30 d", "6 d ago", "PASS", window="30 d"),
]
OF_SHADOW = [
    gate(
        "E1 agree",
        "n ≥ 3,000, wrong UB95 ≤ 10 /10k",
        "4.1 /10k",
        "PASS",
        n=9730,
        bound="≤ 9.4 /10k",
        window="24 h",
    ),
    gate(
        "E2 severe",
        "leak = 0, extra = 0, no open signature",
        "1 open signature",
        "FAIL",
        n=9730,
        window="epoch",
        needs="the signature explained or mended",
    ),
    gate("E3 fresh", "stale p99 ≤ 10 s, overdue = 0", "2.2 s", "PASS", n=31, window="24 h"),
    gate(
        "E4 covered",
        "each shape ≥ 30",
        "by-status: 9",
        "INCONCLUSIVE",
        n=3,
        window="epoch",
        needs="~21 more of by-status: replay them",
    ),
    gate(
        "E5 fast", "p95 ≤ 1.1 of monolith, ≤ 300 ms", "58 | 120 ms", "PASS", n=4100, window="24 h"
    ),
    gate("E6 drill", "passed within 30 d", "41 d ago", "STALE", window="30 d"),
]
OF_SERVICE = [
    gate(
        "H1 soak",
        "14 d at 100 %, 0 roll-backs",
        "9 d",
        "INCONCLUSIVE",
        window="14 d",
        needs="5 d more",
    ),
    gate("H2 no-net", "0 user-visible errors", "0", "PASS", n=27100, window="7 d"),
]


def evaluate(path, epoch, rung, results, now):
    """Evaluate the gates five times, five minutes apart; before, nothing had passed."""
    verdicts = [result["verdict"] for result in results if not result.get("is_dry_run")]
    worst = next((v for v in ("FAIL", "STALE", "INCONCLUSIVE") if v in verdicts), "PASS")
    for back in range(5):
        at = now - (5 * back + 1) * MINUTE
        dated = [{**result, "as_of": at.isoformat()} for result in results]
        if back > 2:
            dated = [{**result, "verdict": "INCONCLUSIVE"} for result in dated]
        GateEvaluation.objects.create(
            path=path,
            epoch=epoch,
            rung=rung,
            profile="standard",
            verdict="INCONCLUSIVE" if back > 2 else worst,
            results=dated,
            at=at,
        )


def disagree(now):
    """Let order_detail disagree in two ways, of which one is explained."""
    signature = Signature.objects.create(
        path="order_detail",
        digest="7c1e99ab04d2f310",
        outcome="wrong",
        count=4,
        places=["lines[].price_pence"],
        subjects=[f"u{n}" for n in range(14)],
        first_at=now - 5 * HOUR,
        last_at=now - 3 * MINUTE,
    )
    Signature.objects.create(
        path="order_detail",
        digest="02bb41c5de8890aa",
        outcome="order-only",
        count=31,
        places=["lines[]"],
        subjects=["u1", "u2"],
        first_at=now - 70 * HOUR,
        last_at=now - HOUR,
        status="explained",
        owner="sam",
        note="the service sorts by line number",
    )
    Sample.objects.create(
        signature=signature,
        at=now - 3 * MINUTE,
        expires_at=now + timedelta(days=7),
        monolith_version=41,
        service_version=41,
        query="order B10442",
        differences=[
            {
                "place": "lines[0].price_pence",
                "kind": "changed",
                "monolith": "int #a91c",
                "service": "int #03fe",
            },
            {
                "place": "lines[3].price_pence",
                "kind": "changed",
                "monolith": "int #77b0",
                "service": "int #77c1",
            },
        ],
        looks=[{"after_seconds": 2, "outcome": "wrong"}, {"after_seconds": 10, "outcome": "wrong"}],
        sealed=b"sealed",
    )
    for name, days, place in (
        ("price_format", 3, "orders[].total"),
        ("old_names", 60, "lines[].name"),
    ):
        NormaliseRule.objects.create(
            path="order_history",
            name=name,
            place=place,
            how="money",
            owner="sam",
            reason="the monolith writes pence without a separator",
            created_at=now - 30 * HOUR,
            expires_at=now + timedelta(days=days),
        )
    Watch.objects.create(
        path="order_detail", name="wrong", score=4.2, seen=9_730, bad=4, since=now - 26 * HOUR
    )


def fill(now):
    """Leave a backfill in the middle, throttled, and reconcile what is further up."""
    run = BackfillRun.objects.create(
        path="catalogue_search",
        started_at=now - 2 * HOUR,
        position="48816",
        keys_done=298_410,
        keys_expected=411_600,
        chunk_keys=2_000,
        nice=0.5,
        max_pending=2_000,
        active_at=now,
        throttled_by="db_active 74 % ≥ 70 %",
    )
    chance = random.Random(7)
    BackfillChunk.objects.bulk_create(
        BackfillChunk(
            run=run,
            first_key=f"{n * 300:05d}",
            last_key=f"{n * 300 + 299:05d}",
            keys=2_000,
            seconds=chance.lognormvariate(-0.85, 0.35),
            at=now - (150 - n) * 0.8 * MINUTE,
        )
        for n in range(150)
    )
    for path, hours, counts in (
        ("order_history", 3, {"match": 412_880, "healed": 12}),
        ("order_detail", 3, {"match": 411_020, "healed": 4}),
        ("sales_insights", 26, {"match": 3_650, "wrong": 1}),
    ):
        BackfillRun.objects.create(
            path=path,
            started_at=now - 90 * HOUR,
            keys_done=sum(counts.values()),
            keys_expected=sum(counts.values()),
            finished_at=now - 88 * HOUR,
        )
        ReconcileRun.objects.create(
            path=path,
            started_at=now - hours * HOUR - 11 * MINUTE,
            keys=sum(counts.values()),
            chunks=207,
            chunks_bisected=2,
            counts=counts,
            is_continuous=True,
            finished_at=now - hours * HOUR,
            findings=[{"key": "2011-04", "final": "wrong", "places": ["total"]}]
            if "wrong" in counts
            else [],
        )


def observe(now):
    """Let eight workers be there, beats arrive, and a drill be passed."""
    newest = Transition.objects.order_by("-pk").first()
    WorkerSeen.objects.bulk_create(
        WorkerSeen(
            worker=f"web-{n}",
            kind="web",
            control_version=newest.pk if newest else 0,
            code="a0b1",
            started_at=now - 9 * HOUR,
            seen_at=now - timedelta(seconds=1),
        )
        for n in range(8)
    )
    for path in ("order_history", "order_detail", "sales_insights"):
        Heartbeat.objects.create(
            path=path,
            sent_version=99,
            sent_at=now,
            seen_version=99,
            looked_at=now,
            seen_sent_at=now - timedelta(seconds=1),
            build="f00d",
        )
    for fault, found in (("stale", 22.4), ("wrong", 31.0), ("error", 7.9)):
        Drill.objects.create(
            path="order_history~drill",
            fault=fault,
            started_at=now - timedelta(days=6),
            comparisons=214,
            detected_seconds=found,
            rolled_back_seconds=0.4,
            effective_seconds=1.7,
            alarm=f"the watch of {fault} at 7.1",
            has_passed=True,
            code="a0b1",
            by="dana",
        )
    ReadRecord.objects.bulk_create(
        ReadRecord(
            request_id=f"r{n}",
            path="order_history",
            subject=str(n % 496),
            source="service",
            reason="cohort",
            as_of=8_123,
            milliseconds=61,
            at=now - n * MINUTE,
            facts={"stage": "canary", "bucket": 1_834, "canary_bp": 2_500},
        )
        for n in range(600)
    )


def plan_something(now):
    """Let a plan wait for a second person, and another one be approved."""
    for path, before, rung, version in (
        ("order_history", "canary-25", "canary-50", 7),
        ("sales_insights", "service", "service-alone", 9),
    ):
        plan = Plan.objects.create(
            path=path,
            state_version=version,
            from_rung=before,
            rung=rung,
            epoch=3,
            fingerprint="f" * 64,
            profile="standard",
            digest="d41c" * 16,
            requested_by="dana",
            created_at=now - 12 * MINUTE,
            expires_at=now + 48 * MINUTE,
        )
    Approval.objects.create(
        plan=plan,
        plan_digest=plan.digest,
        by="sam",
        reason="soaked for nine days",
        at=now - 3 * MINUTE,
    )
    PathState.objects.filter(path="order_detail").update(
        hold="paused",
        hold_by="sam",
        hold_reason="looking into the prices",
        hold_until=now + 2 * HOUR,
    )
