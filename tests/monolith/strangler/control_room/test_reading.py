"""What is made of rows: figures with the right cases, findings, and the commands that lead on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monolith.strangler.control_room import cells
from monolith.strangler.control_room.attention import findings
from monolith.strangler.control_room.fleet import effect_of, fleet_of
from monolith.strangler.control_room.gate_rows import blocking_words, gate_rows, next_step
from monolith.strangler.control_room.overview import build_overview
from monolith.strangler.control_room.rows import read_rows
from monolith.strangler.models import (
    Epoch,
    GateEvaluation,
    Heartbeat,
    NormaliseRule,
    PathState,
    ReconcileRun,
    Signature,
    Tally,
    Transition,
    TransitionEffect,
    Watch,
    WorkerSeen,
)
from monolith.strangler.reporting.next_steps import next_steps
from tests.factories import NOON, later

pytestmark = pytest.mark.django_db
PATH = "order_history"


@pytest.fixture(autouse=True)
def _declared(paths):
    pass


def tally(series, name, count, *, epoch=1, minutes_ago=1):
    Tally.objects.create(
        path=PATH,
        epoch=epoch,
        minute=NOON - timedelta(minutes=minutes_ago),
        series=series,
        name=name,
        count=count,
    )


def told():
    return [(found.tone, found.text) for found in findings(read_rows(NOON)) if found.path == PATH]


def test_wrong_answers_are_counted_as_the_gates_count_them():
    tally("compare", "match", 9_990)
    tally("compare", "noise", 700)
    tally("compare", "stale", 6)
    tally("compare", "wrong", 3)
    tally("compare", "timeout", 500)
    tally("recheck", "overdue", 1)

    shown = cells.wrong(read_rows(NOON), PATH)

    assert (shown.text, shown.n, shown.tone) == ("4.0", 9_994, "bad")
    assert shown.bound.startswith("≤ 9.")


def test_evidence_of_an_earlier_epoch_does_not_count_but_reads_do():
    Epoch.objects.create(
        path=PATH, number=2, fingerprint="f", facts={}, why="new code", opened_at=NOON
    )
    tally("compare", "match", 700, epoch=1)
    tally("compare", "match", 20, epoch=2)
    tally("answer", "service:cohort", 30, epoch=1)
    tally("answer", "monolith:not-in-cohort", 10, epoch=2)
    rows = read_rows(NOON)

    assert cells.wrong(rows, PATH).n == 20
    assert (cells.actual_share(rows, PATH).text, cells.actual_share(rows, PATH).n) == ("75.0 %", 40)


def test_fallback_leaves_own_writes_and_other_customers_out():
    tally("answer", "service:cohort", 94)
    tally("answer", "monolith:fallback:timeout", 1)
    tally("answer", "monolith:read-your-writes", 5)
    tally("answer", "monolith:not-in-cohort", 900)

    shown = cells.fallback(read_rows(NOON), PATH)

    assert (shown.text, shown.n) == ("1.00 %", 100)


def test_without_tallies_every_figure_is_no_data_and_none_is_nought():
    line = next(line for line in build_overview(NOON).lines if line.path == PATH)
    shown = (line.actual, line.wrong.figure, line.stale.figure, line.fallback.figure)
    timed = (line.service_ms, line.monolith_ms, line.lag, line.verified)

    assert {figure.text for figure in (*shown, *timed)} == {"no data"}


def test_comparisons_that_all_failed_say_nothing_about_wrong_answers():
    tally("compare", "timeout", 500)

    assert cells.wrong(read_rows(NOON), PATH).text == "no data"


def test_figure_of_an_hour_ago_is_old():
    tally("compare", "match", 700, minutes_ago=61)

    assert cells.wrong(read_rows(NOON), PATH).is_old


def test_nothing_needs_attention_where_nothing_is_wrong():
    assert findings(read_rows(NOON)) == ()


def test_each_trouble_is_found():
    PathState.objects.create(
        path=PATH, stage=20, shadow_bp=10_000, hold="frozen", hold_by="alarm", changed_at=NOON,
        hold_reason="a leak",
    )  # fmt: skip
    Watch.objects.create(path=PATH, name="wrong", seen=900, bad=9, since=NOON, alarmed_at=NOON)
    Heartbeat.objects.create(path=PATH, seen_sent_at=later(seconds=-31))
    Signature.objects.create(
        path=PATH, digest="d", outcome="leak", places=[], subjects=["7"], first_at=NOON,
        last_at=NOON,
    )  # fmt: skip
    NormaliseRule.objects.create(
        path=PATH, name="money", place="total", how="money", owner="sam", reason="pence",
        created_at=NOON, expires_at=NOON,
    )  # fmt: skip

    assert told() == [
        ("bad", "frozen by alarm: a leak (until it is lifted)"),
        ("bad", "the watch of wrong raised an alarm < 10 s ago"),
        ("bad", "no heartbeat for 30 s"),
        ("bad", "1 open signature (leak), 1 user"),
        ("warn", "not reconciled in the last 24 h"),
        ("warn", "rule money has ended"),
    ]


def test_killed_by_file_is_found_even_if_the_table_knows_nothing(settings, tmp_path):
    settings.STRANGLER_KILL_FILE = tmp_path / "kill"
    settings.STRANGLER_KILL_FILE.write_text(PATH)

    assert told() == [("bad", "killed: by setting or file")]


def test_paths_that_need_attention_come_first_then_those_that_are_high(seeded):
    lines = [line.path for line in build_overview(NOON).lines]

    assert lines[:2] == ["sales_insights", "order_detail"]
    assert lines[-1] == "customer_summary"


def test_twins_of_drills_are_no_paths():
    PathState.objects.create(path="order_history~drill", changed_at=NOON)
    PathState.objects.create(path="all", changed_at=NOON)

    assert "order_history~drill" not in read_rows(NOON).paths
    assert "all" not in read_rows(NOON).paths


def evaluation(*results):
    return GateEvaluation(
        path=PATH, epoch=1, rung="canary-1", profile="standard", verdict="FAIL",
        results=list(results), at=NOON,
    )  # fmt: skip


def result(gate, verdict, **rest):
    return {"gate": gate, "requires": "", "now": None, "n": None, "verdict": verdict, **rest}


def test_worst_gate_is_the_next_step_and_dry_runs_hold_nobody():
    looked = evaluation(
        result("E1 agree", "INCONCLUSIVE", needs="1,240 more"),
        result("E2 severe", "FAIL"),
        result("F5 business", "FAIL", is_dry_run=True),
    )

    assert next_step(looked, NOON).text == "E2 FAIL"
    assert blocking_words(looked) == "E1 agree INCONCLUSIVE, E2 severe FAIL"


def test_waived_gate_lets_pass():
    looked = evaluation(result("E3 fresh", "WAIVED"), result("E1 agree", "PASS"))

    assert next_step(looked, NOON).text == "ready for canary-1"


def test_gate_without_a_value_says_no_data():
    (row,) = gate_rows(evaluation(result("E1 agree", "INCONCLUSIVE")), (), NOON)

    assert (row.now, row.n, row.is_old) == ("no data", "", False)


def test_evaluation_of_a_while_ago_is_old():
    (row,) = gate_rows(evaluation(result("E1", "PASS")), (), later(minutes=11))

    assert row.is_old


def worker(name, version, *, seconds_ago=1):
    WorkerSeen.objects.create(
        worker=name, kind="web", control_version=version, code="c", started_at=NOON,
        seen_at=later(seconds=-seconds_ago),
    )  # fmt: skip


def move(**rest):
    given = {"from_stage": 0, "to_stage": 10, "actor": "dana", "reason": "go", "at": NOON}
    return Transition.objects.create(path=PATH, version=1, took_microseconds=1, **given, **rest)


def test_fleet_counts_the_living_and_those_that_know_the_newest_change():
    worker("web-1", 9)
    worker("web-2", 8)
    worker("web-3", 9, seconds_ago=31)

    fleet = fleet_of(list(WorkerSeen.objects.all()), 9, NOON)

    assert str(fleet) == "config v9 on 1/2 workers (< 10 s)"
    assert not fleet.is_converged


def test_fleet_of_nobody_is_not_converged():
    fleet = fleet_of([], 9, NOON)

    assert str(fleet) == "config v9: no worker seen for 30 s"
    assert not fleet.is_converged


def test_effect_is_counted_until_it_is_measured():
    change = move()
    worker("web-1", change.pk)
    worker("web-2", change.pk - 1)
    workers = list(WorkerSeen.objects.all())

    assert effect_of(change, workers, NOON) == f"1/2 workers at v{change.pk} so far"

    TransitionEffect.objects.create(
        transition=change, workers=8, milliseconds=1_900, is_complete=True, at=NOON
    )

    measured = effect_of(Transition.objects.get(), workers, NOON)
    assert measured == f"in force on 8 workers at v{change.pk} after 1.9 s"


def test_commands_lead_up_and_the_last_leads_back(seeded):
    rows = read_rows(NOON)

    assert next_steps(rows.situation_of("order_detail")) == [
        "manage.py strangler resume order_detail --reason ...",
        "manage.py strangler gates order_detail",
        "manage.py strangler replay order_detail --shapes missing",
        "manage.py strangler plan order_detail --to canary-1",
        "manage.py strangler rollback order_detail --reason ...",
    ]
    assert next_steps(rows.situation_of("customer_summary"))[-1].endswith(
        "plan customer_summary --to backfill"
    )


def test_reconciliation_that_found_something_says_how_much():
    ReconcileRun.objects.create(
        path=PATH, started_at=NOON, finished_at=NOON, keys=100,
        counts={"match": 96, "healed": 1, "wrong": 2, "missing": 1},
    )  # fmt: skip

    shown = cells.verified(read_rows(NOON), PATH)

    assert (shown.text, shown.n, shown.tone) == ("3 differ", 100, "bad")
