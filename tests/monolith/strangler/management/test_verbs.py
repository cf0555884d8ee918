"""`manage.py strangler backfill` and `reconcile`, as people type them."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from monolith.strangler import backfill, reconciliation, registry
from monolith.strangler.backfill import snapshots
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import BackfillRun, PathState, ReconcileRun
from monolith.strangler.reconciliation import Final, continuous, keeping, repairing
from tests.factories import NOON, recorded
from tests.monolith.strangler.people import WHO
from tests.monolith.strangler.summing_service import COUNT

pytestmark = pytest.mark.django_db


def strangler(*words):
    said = io.StringIO()
    call_command("strangler", *words, stdout=said)
    return said.getvalue()


def refusal(*words):
    with pytest.raises(CommandError) as refused:
        strangler(*words)
    return refused.value


@pytest.mark.parametrize("words", [("backfill", "shelf"), ("backfill", "start", "shelf")])
def test_backfill_is_started(library, words):
    assert "backfill of shelf finished at" in strangler(*words)
    assert len(recorded()) == 1


def test_backfill_is_started_with_its_knobs(library):
    strangler("backfill", "start", "shelf", "chunk=7", "nice=0.5")

    started = BackfillRun.objects.get()
    assert (started.chunk_keys, started.nice) == (7, 0.5)


def test_backfill_begins_again_when_told_to(library):
    strangler("backfill", "shelf")
    strangler("backfill", "shelf")
    assert len(recorded()) == 1

    strangler("backfill", "shelf", "--restart")

    assert len(recorded()) == 2


WHY = ("--reason", "peak")


@pytest.fixture
def under_way(library):
    return BackfillRun.objects.create(path="shelf", started_at=NOON, keys_done=5)


def test_knobs_are_turned_and_read(under_way):
    said = strangler("backfill", "set", "shelf", "chunk=200", "nice=0.5", "pending=?", *WHY)

    assert said.split() == ["chunk=200", "nice=0.5", "pending=2000"]
    assert strangler("backfill", "set", "shelf", "chunk=?").strip() == "chunk=200"


def test_backfill_is_paused_and_goes_on(under_way):
    assert "paused" in strangler("backfill", "pause", "shelf", *WHY)
    assert "throttled: paused by" in strangler("backfill", "status", "shelf")

    said = strangler("backfill", "resume", "shelf", *WHY)

    assert "goes on" in said
    assert "no process is at it" in said


@pytest.mark.parametrize("words", [("pause", "shelf"), ("set", "shelf", "nice=2")])
def test_whoever_steers_says_why(under_way, words):
    assert "say why" in str(refusal("backfill", *words))


def test_knobs_at_the_start_are_in_the_audit(library):
    strangler("backfill", "shelf", "chunk=7")

    assert "started with these knobs" in strangler("audit", "shelf")
    assert "shelf: backfill chunk 7" in strangler("audit", "shelf")


def test_aborted_backfill_is_over(under_way):
    assert "5 keys done: aborted" in strangler("backfill", "abort", "shelf", *WHY)
    assert "aborted" in strangler("backfill", "status", "shelf")


def test_status_is_one_line_or_one_object(under_way):
    assert strangler("backfill", "status", "shelf").startswith("Copy: 5; STUCK")
    assert json.loads(strangler("backfill", "status", "shelf", "--json"))["state"] == "stuck"


def test_process_whose_backfill_is_aborted_ends_with_code_2(library, monkeypatch):
    run = backfill.run

    def aborted(path, **options):
        return run(path, **options | {"report": lambda *_: backfill.abort(path, WHO)})

    monkeypatch.setattr(backfill, "run", aborted)

    assert refusal("backfill", "shelf").returncode == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("backfill", "pause", "shelf", *WHY), 2),
        (("backfill", "status", "shelf"), 2),
        (("backfill", "set", "shelf", "chunk=?"), 2),
        (("backfill", "set", "shelf"), 1),
        (("backfill", "pause"), 1),
        (("backfill", "pause", "shelf", "chunk=2"), 1),
        (("backfill", "start", "shelf", "speed=2"), 2),
        (("backfill", "attic"), 1),
        (("reconcile", "attic"), 1),
        (("reconcile", "shelf"), 1),
        (("reconcile", "shelf", "--execute"), 1),
        (("reconcile", "shelf", "--continuous"), 1),
    ],
)
def test_what_cannot_be_done_ends_with_a_code(library, settings, words, code):
    settings.STRANGLER_SERVICE_URLS = {}
    PathState.objects.create(path="shelf", stage=Stage.SHADOW, changed_at=NOON)

    assert refusal(*words).returncode == code


def test_backfill_whose_outbox_does_not_drain_ends_with_code_7(library, monkeypatch):
    def stalled(*_args, **_options):
        raise backfill.BackfillStalled("nothing drains")

    monkeypatch.setattr(backfill, "run", stalled)

    assert refusal("backfill", "shelf").returncode == 7


def test_reconcile_tells_how_it_compared(summing):
    assert f"{COUNT} keys compared in " in (said := strangler("reconcile", "shelf"))
    assert "4 checksums over 4 chunks" in said
    assert "page by page" in strangler("reconcile", "shelf", "--per-key")


def test_reconcile_tells_extra_keys_and_ends_with_code_16(summing):
    summing.pages[77] = summing.pages[7]

    assert refusal("reconcile", "shelf").returncode == 16


@pytest.fixture
def two_paths(library, summing, service, settings, monkeypatch):
    """Two paths at service, which one service answers; a third one in the monolith."""
    for name in ("rack", "crate"):
        monkeypatch.setitem(registry._declared, name, library.summed_path(name))
    settings.STRANGLER_SERVICE_URLS = dict.fromkeys(("shelf", "rack", "crate"), service.url)
    for name in ("shelf", "rack"):
        PathState.objects.create(path=name, stage=Stage.SERVICE, changed_at=NOON)
    return summing


def test_all_paths_at_service_are_compared_into_one_table(two_paths):
    head, *rows = strangler("reconcile", "--all").splitlines()

    assert head.split() == ["path", "keys", "agree", "differ", "unsettled", "error", "seconds"]
    assert [row.split()[:-1] for row in rows] == [
        [name, str(COUNT), str(COUNT), "0", "0", "0"] for name in ("rack", "shelf")
    ]


def test_all_paths_end_with_every_bit_that_one_has(two_paths, monkeypatch):
    run = reconciliation.run

    def undecided_rack(path, **options):
        report = run(path, **options)
        return replace(report, counts={Final.ERROR: 3}) if path == "rack" else report

    monkeypatch.setattr(reconciliation, "run", undecided_rack)
    two_paths.pages[77] = two_paths.pages[7]

    refused = refusal("reconcile", "--all")

    assert refused.returncode == 1 + 16
    assert str(refused) == "not every answer agrees: rack, shelf"


def test_all_paths_are_told_in_json(two_paths):
    said = json.loads(strangler("reconcile", "--all", "--json"))

    assert [(each["path"], each["keys"]) for each in said] == [("rack", COUNT), ("shelf", COUNT)]


def test_no_path_at_service_is_no_agreement(summing):
    refused = refusal("reconcile", "--all")

    assert (refused.returncode, str(refused)) == (
        1,
        "no path stands at service: nothing was compared",
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "which path"),
        (("shelf", "--all"), "which path"),
        (("--all", "--repair"), "--repair is for one path"),
        (("--all", "--continuous"), "--continuous is for one path"),
        (("--all", "--resume"), "--resume is for one path"),
    ],
)
def test_what_cannot_be_reconciled_together_is_refused(summing, words, why):
    assert why in str(refusal("reconcile", *words))


def test_repair_is_a_dry_run_until_it_is_executed(summing):
    summing.pages[12][1]["books"] = ["Lady Susan"]
    said = io.StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("strangler", "reconcile", "shelf", "--repair", stdout=said)

    assert refused.value.returncode == 16
    assert "snapshots of 1 keys would be sent again\n    12\n" in said.getvalue()
    assert "reconcile shelf --repair --execute" in said.getvalue()
    assert recorded() == []


def test_repaired_keys_end_with_code_64(summing, monkeypatch):
    right = summing.pages[12][1]["books"]
    summing.pages[12][1]["books"] = ["Lady Susan"]
    record = snapshots.record_snapshots

    def arrive(path, keys):
        record(path, keys)
        summing.pages[12][1]["books"] = right

    monkeypatch.setattr(repairing, "record_snapshots", arrive)
    options = ("--repair", "--execute", "--patience", "1")

    assert refusal("reconcile", "shelf", *options).returncode == 64
    assert [event.stream for event in recorded()] == ["customer/12"]
    assert ReconcileRun.objects.get().counts == {"match": COUNT - 1, "repaired": 1}


def test_repair_that_helps_some_only_adds_up(summing, monkeypatch):
    right = summing.pages[12][1]["books"]
    for number in (12, 13):
        summing.pages[number][1]["books"] = ["Lady Susan"]

    def arrive(_path, _keys):
        summing.pages[12][1]["books"] = right

    monkeypatch.setattr(repairing, "record_snapshots", arrive)
    options = ("--repair", "--execute", "--patience", "1")

    assert refusal("reconcile", "shelf", *options).returncode == 64 + 16


def test_service_that_lost_nearly_everything_is_not_repaired_key_by_key(
    summing,
    monkeypatch,
):
    monkeypatch.setattr(repairing, "MOST_KEYS", 20)
    for number in range(1, 31):
        del summing.pages[number]
    options = ("--repair", "--execute", "--patience", "1")

    refused = refusal("reconcile", "shelf", *options)

    assert refused.returncode == 1
    assert "backfill shelf --restart" in str(refused)
    assert recorded() == []


def test_interrupted_comparison_is_gone_on_with(summing):
    ReconcileRun.objects.create(
        path="shelf", started_at=NOON, position="20", counts={"match": 20}, chunks=2
    )

    said = json.loads(strangler("reconcile", "shelf", "--resume", "--json"))

    assert (said["keys"], said["checksums_asked_for"]) == (COUNT, 2)


def test_continuous_comparison_ends_below_shadow(summing, monkeypatch):
    continuous.forget()
    PathState.objects.create(path="shelf", stage=Stage.SHADOW, changed_at=NOON)
    finish = keeping.finish

    def fall_afterwards(row, current):
        finish(row, current)
        PathState.objects.update(stage=Stage.BACKFILL)

    monkeypatch.setattr(keeping, "finish", fall_afterwards)

    said = strangler("reconcile", "shelf", "--continuous")

    assert f"shelf: {COUNT} keys, verified 0 min ago (fresh)" in said
    assert said.endswith("shelf: the path is below shadow\n")
