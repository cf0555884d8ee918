"""What each gate says of evidence that is sound but in one place: the truth tables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler.gates.edges import all_gates, gate_called
from monolith.strangler.gates.facts import Business, Filling, Relaying
from monolith.strangler.gates.profiles import DEMO, STANDARD, STRICT
from tests.monolith.strangler.gates.sound import (
    COMPARED,
    FAULTS,
    NOTHING,
    NOW,
    ago,
    counts,
    drill,
    reconciled,
    sound,
    timed,
)

OLD = ago(hours=2)
FEW = {"match": 1_760}
# gate, rung, what is otherwise, verdict, words that the result says
TABLE = [
    ("B1", "monolith", {}, "pass", "20 keys keep it"),
    ("B1", "monolith", {"checks": NOTHING}, "inconclusive", "0 of 20 keys"),
    ("B1", "monolith", {"checks": counts(contract=7)}, "inconclusive", "--check"),
    (
        "B1",
        "monolith",
        {"checks": counts({"contract": 99, "contract-broken": 1})},
        "fail",
        "1 keys",
    ),
    ("B2", "monolith", {}, "pass", "lag p99"),
    ("B2", "monolith", {"relaying": None}, "inconclusive", "nobody knows who relays"),
    ("B2", "monolith", {"relaying": Relaying(is_complete=False, parked=0)}, "fail", "without"),
    ("B2", "monolith", {"relaying": Relaying(is_complete=True, parked=2)}, "fail", "2 streams"),
    ("B2", "monolith", {"dead_letters": NOTHING}, "inconclusive", "dead letters"),
    ("B2", "monolith", {"dead_letters": counts(none=9, some=1)}, "fail", "dead letters"),
    ("B2", "monolith", {"lag": NOTHING}, "inconclusive", "0 of 100 heartbeats"),
    ("B2", "monolith", {"lag": timed(9_000, 99)}, "inconclusive", "99 of 100 heartbeats"),
    ("B2", "monolith", {"lag": timed(5_100, 100)}, "fail", "lag p99"),
    ("B2", "monolith", {"beat_at": None}, "inconclusive", "no heartbeat ever"),
    ("B2", "monolith", {"beat_at": ago(seconds=31)}, "fail", "31 s ago"),
    ("B3", "monolith", {}, "pass", "last plan 1 h ago"),
    ("B3", "monolith", {"planned_at": None}, "inconclusive", "plan shelf --to backfill"),
    ("B3", "monolith", {"planned_at": ago(hours=25)}, "stale", "1 d 1 h ago"),
    ("B4", "monolith", {}, "pass", "20 keys"),
    ("B4", "monolith", {"checks": counts(contract=20)}, "inconclusive", "0 of 20"),
    ("B4", "monolith", {"checks": counts({"idempotent-broken": 1})}, "fail", "1 keys"),
    ("C1", "backfill", {}, "pass", "4,000 of 4,000 keys"),
    ("C1", "backfill", {"filling": None}, "inconclusive", "no backfill yet"),
    (
        "C1",
        "backfill",
        {"filling": Filling(keys_done=7, keys_expected=9, finished_at=None)},
        "inconclusive",
        "7 keys sent so far",
    ),
    (
        "C1",
        "backfill",
        {"filling": Filling(keys_done=7, keys_expected=9, finished_at=NOW)},
        "fail",
        "7 of 9 keys",
    ),
    (
        "C1",
        "backfill",
        {"filling": Filling(keys_done=0, keys_expected=None, finished_at=NOW)},
        "inconclusive",
        "found no key",
    ),
    ("C2", "backfill", {}, "pass", "no key differs"),
    ("C2", "backfill", {"reconciled": None}, "inconclusive", "reconcile shelf"),
    ("C2", "backfill", {"reconciled": reconciled(keys=0)}, "inconclusive", "no complete"),
    ("C2", "backfill", {"reconciled": reconciled(finished_at=ago(hours=25))}, "stale", "ago"),
    (
        "C2",
        "backfill",
        {"reconciled": reconciled(is_of_this_code=False)},
        "inconclusive",
        "before the code changed",
    ),
    ("C2", "backfill", {"reconciled": reconciled(counts={"missing": 1})}, "fail", "1 keys differ"),
    ("C2", "backfill", {"reconciled": reconciled(counts={"odd": 1})}, "fail", "1 keys differ"),
    (
        "C2",
        "backfill",
        {"reconciled": reconciled(counts={"match": 9, "unsettled": 1})},
        "inconclusive",
        "1 keys undecided",
    ),
    ("C3", "backfill", {}, "pass", "every shard relayed"),
    ("C3", "backfill", {"lag": NOTHING}, "inconclusive", "heartbeats"),
    ("C3", "backfill", {"lag": timed(6_000, 360)}, "fail", "lag p99"),
    ("C3", "backfill", {"dead_letters": NOTHING}, "pass", ""),
    ("D0", "shadow-1", {}, "pass", "differ from themselves"),
    ("D0", "shadow-1", {"noise": NOTHING}, "inconclusive", "0 of 500"),
    ("D0", "shadow-1", {"noise": counts(same=499)}, "inconclusive", "needs 1 more"),
    ("D1", "shadow-1", {}, "pass", "dropped"),
    ("D1", "shadow-1", {"rung_since": ago(minutes=14)}, "inconclusive", "needs 1 min more"),
    ("D1", "shadow-1", {"rung_since": None}, "inconclusive", "nobody knows since when"),
    ("D1", "shadow-1", {"opened_at": ago(minutes=1)}, "inconclusive", "at shadow-1 for 1 min"),
    ("D1", "shadow-1", {"shadowed_latency": NOTHING}, "inconclusive", "reads with comparison"),
    ("D1", "shadow-1", {"plain_latency": timed(140, 299)}, "inconclusive", "reads without"),
    ("D1", "shadow-1", {"shadowed_latency": timed(160, 1_000)}, "fail", "100 % take more"),
    ("D1", "shadow-1", {"dropped": counts({"too-old": 9_000})}, "fail", "dropped"),
    (
        "D1",
        "shadow-1",
        {"compared_in_epoch": NOTHING, "dropped": NOTHING},
        "inconclusive",
        "share dropped unknown",
    ),
    ("E1", "shadow-100", {}, "pass", "0 bad of 40,100"),
    ("E1", "shadow-100", {"compared": counts(FEW)}, "inconclusive", "needs 1,240 more comparisons"),
    ("E1", "shadow-100", {"compared": NOTHING}, "inconclusive", "needs 3,000 more"),
    ("E1", "shadow-100", {"compared_in_epoch": NOTHING}, "inconclusive", "no comparison yet"),
    ("E1", "shadow-100", {"compared_in_epoch": counts(COMPARED, newest=OLD)}, "stale", "2 h ago"),
    ("E1", "shadow-100", {"compared": counts(match=2_999, wrong=1)}, "inconclusive", "1,742 more"),
    ("E1", "shadow-100", {"compared": counts(match=5_000, wrong=1)}, "pass", "1 bad of 5,001"),
    ("E1", "shadow-100", {"compared": counts(match=2_990, wrong=10)}, "fail", "10 bad of 3,000"),
    ("E1", "shadow-100", {"compared": counts(match=10, missing=5)}, "fail", "5 bad of 15"),
    ("E1", "shadow-100", {"rechecked": counts(overdue=200)}, "fail", "200 bad"),
    (
        "E1",
        "shadow-100",
        {"compared": counts({"match": 3_000, "order-only": 3})},
        "pass",
        "0 bad of 3,003",
    ),
    (
        "E1",
        "shadow-100",
        {"compared": counts({"match": 3_000, "order-only": 4})},
        "inconclusive",
        "1 bad of 3,004",
    ),
    ("E1", "shadow-100", {"compared": counts(stale=9_000)}, "inconclusive", "0 bad of 0"),
    ("E1", "shadow-100", {"busiest_hour": 499}, "inconclusive", "half the week's busiest"),
    ("E1", "shadow-100", {"peak_hour": None}, "inconclusive", "no busy hour"),
    ("E2", "shadow-100", {}, "pass", "0 leaks"),
    ("E2", "shadow-100", {"compared_in_epoch": counts(leak=1)}, "fail", "1 leaks"),
    ("E2", "shadow-100", {"compared_in_epoch": counts(extra=1, newest=OLD)}, "fail", "1 with"),
    ("E2", "shadow-100", {"open_signatures": 1}, "fail", "1 signatures open"),
    ("E2", "shadow-100", {"open_signatures": None}, "inconclusive", "unexplained"),
    ("E2", "shadow-100", {"compared_in_epoch": counts(FEW)}, "inconclusive", "1,760 of 3,000"),
    ("E2", "shadow-100", {"compared_in_epoch": counts(COMPARED, newest=OLD)}, "stale", "2 h"),
    ("E2", "canary-1", {"compared_in_epoch": counts(match=299)}, "inconclusive", "299 of 300"),
    ("E2", "service", {"compared_in_epoch": counts(match=300)}, "pass", "300 comparisons"),
    ("E3", "shadow-100", {}, "pass", "healed p99 1.8 s"),
    ("E3", "shadow-100", {"rechecked": counts(healed=20, overdue=1)}, "fail", "1 overdue"),
    ("E3", "shadow-100", {"staleness": timed(8_500, 20)}, "pass", "healed p99"),
    ("E3", "shadow-100", {"staleness": timed(11_000, 20)}, "fail", "healed p99"),
    ("E3", "shadow-100", {"staleness": NOTHING}, "inconclusive", "nobody timed"),
    ("E3", "shadow-100", {"rechecked": NOTHING}, "inconclusive", "not looked at again"),
    ("E3", "shadow-100", {"compared": counts(FEW), "rechecked": NOTHING}, "inconclusive", "1,240"),
    ("E3", "shadow-100", {"compared": counts(match=3_000)}, "pass", "nothing was stale"),
    ("E3", "shadow-100", {"compared_in_epoch": counts(COMPARED, newest=OLD)}, "stale", "2 h"),
    ("E4", "shadow-100", {}, "pass", "all 2 shapes"),
    ("E4", "shadow-100", {"declared_shapes": ()}, "inconclusive", "declare"),
    ("E4", "shadow-100", {"shapes": counts(plain=30, filtered=29)}, "inconclusive", "filtered"),
    ("E4", "shadow-100", {"shapes": NOTHING}, "inconclusive", "replay shelf --shapes missing"),
    ("E5", "shadow-100", {}, "pass", "p95"),
    ("E5", "shadow-100", {"service_latency": NOTHING}, "inconclusive", "0 of 300 reads"),
    ("E5", "shadow-100", {"monolith_latency": timed(10, 299)}, "inconclusive", "299 of 300"),
    ("E5", "shadow-100", {"monolith_latency": timed(50, 4_000)}, "fail", "p95"),
    (
        "E5",
        "shadow-100",
        {"service_latency": timed(310, 4_000), "monolith_latency": timed(900, 4_000)},
        "fail",
        "p95",
    ),
    (
        "E5",
        "shadow-100",
        {
            "service_latency": counts(
                {**timed(60, 980).by_name, **timed(900, 20).by_name},
            )
        },
        "fail",
        "p99",
    ),
    (
        "E5",
        "shadow-100",
        {
            "service_latency": timed(2_900, 4_000),
            "monolith_latency": timed(9_000, 4_000),
            "times_as_patient": 10.0,
        },
        "pass",
        "p95",
    ),
    ("E5", "shadow-100", {"compared": counts(match=4_000, error=10, timeout=11)}, "fail", "failed"),
    ("E5", "shadow-100", {"compared": counts(match=2_999)}, "inconclusive", "2,999 of 3,000"),
    ("E5", "shadow-100", {"compared": NOTHING}, "inconclusive", "share failed unknown"),
    ("E5", "shadow-100", {"compared_in_epoch": counts(COMPARED, newest=OLD)}, "stale", "2 h"),
    ("E6", "shadow-100", {}, "pass", "all 4 passed"),
    ("E6", "shadow-100", {"drills": ()}, "inconclusive", "drill shelf"),
    (
        "E6",
        "shadow-100",
        {"drills": tuple(drill(fault) for fault in FAULTS if fault != "slow")},
        "inconclusive",
        "slow never drilled",
    ),
    (
        "E6",
        "shadow-100",
        {"drills": tuple(drill(fault, at=ago(days=31)) for fault in FAULTS)},
        "stale",
        "31 d ago",
    ),
    (
        "E6",
        "shadow-100",
        {"drills": tuple(drill(fault, has_passed=fault != "wrong") for fault in FAULTS)},
        "fail",
        "drill of wrong failed",
    ),
    (
        "E6",
        "shadow-100",
        {"drills": tuple(drill(fault, detected_seconds=61.0) for fault in FAULTS)},
        "fail",
        "failed",
    ),
    (
        "E6",
        "shadow-100",
        {"drills": tuple(drill(fault, rolled_back_seconds=None) for fault in FAULTS)},
        "fail",
        "failed",
    ),
    ("W1", "shadow-1", {}, "pass", "no alarm"),
    ("W1", "shadow-1", {"watched": 0}, "inconclusive", "seen nothing"),
    ("W1", "shadow-1", {"alarms": ("wrong",)}, "fail", "alarm: wrong"),
    ("F1", "canary-5", {}, "pass", "40,000 reads served"),
    ("F1", "canary-5", {"rung_since": ago(minutes=119)}, "inconclusive", "needs 1 min more"),
    ("F1", "canary-5", {"opened_at": ago(minutes=1)}, "inconclusive", "needs 1 h 59 min more"),
    ("F1", "canary-5", {"answers": NOTHING}, "inconclusive", "0 of 1,000 reads served"),
    ("F1", "canary-5", {"answers": counts({"service:cohort": 999})}, "inconclusive", "999 of"),
    ("F1", "canary-50", {"answers": counts({"service:cohort": 29_999})}, "inconclusive", "30,000"),
    (
        "F1",
        "canary-5",
        {"answers": counts({"service:cohort": 2_000}, newest=OLD)},
        "stale",
        "last read 2 h ago",
    ),
    ("F1", "shadow-100", {}, "inconclusive", "no canary yet"),
    ("F2", "canary-5", {}, "pass", "0 % fell back"),
    ("F2", "canary-5", {"answers": NOTHING}, "inconclusive", "share fell back unknown"),
    (
        "F2",
        "canary-5",
        {"answers": counts({"service:cohort": 9_900, "monolith:fallback:timeout": 60})},
        "fail",
        "0.602 % fell back",
    ),
    (
        "F2",
        "canary-5",
        {"answers": counts({"service:cohort": 9_900, "monolith:fallback:timeout": 49})},
        "fail",
        "control 0 %",
    ),
    (
        "F2",
        "canary-5",
        {"answers": counts({"service:cohort": 9_900, "monolith:read-your-writes": 400})},
        "pass",
        "",
    ),
    (
        "F2",
        "canary-5",
        {"answers": counts({"service:cohort": 9_900, "monolith:breaker-open": 2_000})},
        "fail",
        "1 % fell back",
    ),
    ("F2", "canary-5", {"compared_in_epoch": NOTHING}, "inconclusive", "other cohort"),
    ("F2", "shadow-100", {}, "inconclusive", "no canary yet"),
    ("F3", "canary-5", {}, "pass", "0 bad of 9,000"),
    ("F3", "canary-5", {"verified": NOTHING}, "inconclusive", "1,000 more verified reads"),
    ("F3", "canary-5", {"verified": counts(match=999)}, "inconclusive", "needs 1 more"),
    ("F3", "canary-5", {"verified": counts(match=1_000, wrong=1)}, "inconclusive", "1 bad"),
    ("F3", "canary-5", {"verified": counts(match=1_000, wrong=9)}, "fail", "9 bad"),
    ("F3", "canary-5", {"verified": counts(match=2_000, newest=OLD)}, "stale", "2 h ago"),
    ("F3", "canary-5", {"rechecked": counts(overdue=1)}, "fail", "1 overdue"),
    ("F3", "canary-5", {"verified": counts(COMPARED)}, "inconclusive", "other cohort"),
    ("F3", "shadow-100", {}, "inconclusive", "no canary yet"),
    ("F4", "canary-5", {}, "pass", "0 violated"),
    ("F4", "canary-5", {"own_writes": NOTHING}, "inconclusive", "0 of 100"),
    ("F4", "canary-5", {"own_writes": counts(reached=900, violated=1)}, "fail", "1 violated"),
    (
        "F4",
        "canary-5",
        {"own_writes": counts({"reached": 9_000, "fell-back": 1_300})},
        "fail",
        "fell back for own writes",
    ),
    ("F4", "canary-5", {"answers": NOTHING}, "inconclusive", "own writes unknown"),
    ("F5", "canary-5", {}, "pass", "9 % order"),
    ("F5", "canary-5", {"business": None}, "inconclusive", "nobody counts"),
    (
        "F5",
        "canary-5",
        {"business": Business(orders=50, visits=1_000, control_orders=900, control_visits=10_000)},
        "fail",
        "5 % order",
    ),
    ("G1", "canary-50", {}, "pass", "no key differs"),
    ("G1", "canary-50", {"reconciled": None}, "inconclusive", "reconcile shelf"),
    ("G1", "canary-50", {"reconciled": reconciled(finished_at=ago(hours=30))}, "stale", "ago"),
    ("G1", "canary-50", {"reconciled": reconciled(counts={"extra": 2})}, "fail", "2 keys"),
    ("H1", "service", {}, "pass", "at service for 60 d"),
    ("H1", "service", {"rung_since": ago(days=13)}, "inconclusive", "needs 1 d more"),
    ("H1", "service", {"opened_at": ago(days=1)}, "pass", ""),
    ("H1", "service", {"automatic_rollbacks": 1}, "fail", "1 automatic"),
    ("H1", "service", {"automatic_rollbacks": None}, "inconclusive", "roll-backs"),
    (
        "H1",
        "service",
        {"answers_lately": counts({"service:stage": 9_000, "monolith:breaker-open": 1})},
        "fail",
        "1 reads met an open breaker",
    ),
    ("H1", "service", {"answers_lately": NOTHING}, "inconclusive", "0 of 3,000 reads"),
    ("H1", "canary-50", {}, "inconclusive", "not at service"),
    ("H2", "service-alone", {}, "pass", "0 % unanswered"),
    ("H2", "service-alone", {"rung_since": ago(days=6)}, "inconclusive", "needs 1 d more"),
    ("H2", "service-alone", {"unanswered_lately": counts(timeout=50)}, "fail", "unanswered"),
    (
        "H2",
        "service-alone",
        {"answers_lately": NOTHING},
        "inconclusive",
        "unanswered unknown",
    ),
    (
        "H2",
        "service-alone",
        {"answers_lately": counts({"service:stage": 9_000}, newest=OLD)},
        "stale",
        "2 h ago",
    ),
    ("H2", "service", {}, "inconclusive", "not at service-alone"),
    ("H3", "service-alone", {}, "pass", "0 expiring rules"),
    ("H3", "service-alone", {"live_rules": ("pennies",)}, "fail", "pennies"),
    ("H3", "service-alone", {"live_rules": None}, "inconclusive", "which rules"),
    ("H3", "service-alone", {"old_path_lately": counts(called=1)}, "fail", "1 calls"),
    ("H3", "service-alone", {"answers_lately": NOTHING}, "inconclusive", "0 of 3,000 reads"),
    ("H3", "service-alone", {"drills": ()}, "inconclusive", "restore never drilled"),
    (
        "H3",
        "service-alone",
        {"drills": (drill("restore", detected_seconds=None, rolled_back_seconds=None),)},
        "pass",
        "",
    ),
    ("H3", "service-alone", {"drills": (drill("restore", has_passed=False),)}, "fail", "restore"),
]


@pytest.mark.parametrize(("gate", "rung", "changes", "verdict", "words"), TABLE)
def test_gate_says(gate, rung, changes, verdict, words):
    result = gate_called(gate)(sound(rung, **changes), STANDARD, NOW)

    assert result.verdict == verdict, result
    assert words in f"{result.now} | {result.needs}"


def test_every_gate_can_be_seen_to_pass_to_fail_and_to_know_too_little():
    seen = {(gate, verdict) for gate, _, _, verdict, _ in TABLE}
    # Before a plan, a baseline or a shape is there, too little is known; none of them can be wrong.
    cannot_fail = {"B3", "D0", "E4", "F1"}

    assert seen >= {(gate.id, "pass") for gate in all_gates()}
    assert seen >= {(gate.id, "inconclusive") for gate in all_gates()}
    assert {gate.id for gate in all_gates() if (gate.id, "fail") not in seen} == cannot_fail


def test_time_to_enough_is_told_at_the_current_rate():
    evidence = sound(compared=counts(match=1_500, since=NOW - timedelta(hours=3)))

    result = gate_called("E1")(evidence, STANDARD, NOW)

    assert result.needs == (
        "needs 1,500 more comparisons, none of them bad, about 3 h at the current rate"
    )
    assert (result.n, result.window, result.as_of) == (1_500, "1 d", evidence.compared.newest)
    assert result.bound == pytest.approx(0.002, rel=0.01)


def test_strict_asks_for_more_and_demo_for_less():
    evidence = sound(compared=counts(match=5_000))
    thin = sound(compared=counts(match=60), busiest_hour=None)

    assert gate_called("E1")(evidence, STRICT, NOW).verdict == "inconclusive"
    assert gate_called("E1")(evidence, STANDARD, NOW).verdict == "pass"
    assert gate_called("E1")(thin, STANDARD, NOW).verdict == "inconclusive"
    assert gate_called("E1")(thin, DEMO, NOW).verdict == "pass"


def test_demo_lets_a_service_lag_for_longer_where_everything_shares_a_machine():
    behind = sound("backfill", lag=timed(6_000, 360))
    far_behind = sound("backfill", lag=timed(16_000, 360))

    assert gate_called("C3")(behind, STANDARD, NOW).verdict == "fail"
    assert gate_called("C3")(behind, DEMO, NOW).verdict == "pass"
    assert gate_called("C3")(far_behind, DEMO, NOW).verdict == "fail"


def test_demo_lets_stale_answers_heal_later():
    late = sound(staleness=timed(20_000, 20))
    far_too_late = sound(staleness=timed(40_000, 20))

    assert gate_called("E3")(late, STANDARD, NOW).verdict == "fail"
    assert gate_called("E3")(late, DEMO, NOW).verdict == "pass"
    assert gate_called("E3")(far_too_late, DEMO, NOW).verdict == "fail"
