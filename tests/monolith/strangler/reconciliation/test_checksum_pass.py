"""Reconciliation by checksum: what is asked, written down, gone on with, and looked for."""

from __future__ import annotations

import pytest

from event_contracts.plain_values import to_plain
from event_contracts.streams import customer_stream
from monolith.outbox import recording
from monolith.outbox.models import Stream
from monolith.strangler import reconciliation
from monolith.strangler.models import Epoch, ReconcileRun
from monolith.strangler.reconciliation import Final, keeping
from tests.factories import NOON
from tests.monolith.strangler.library import Shelf
from tests.monolith.strangler.summing_service import COUNT

pytestmark = pytest.mark.django_db


def outcomes(report):
    return {final.value: count for final, count in report.counts.items() if count}


def run(patience_seconds=2, **options):
    return reconciliation.run("shelf", patience_seconds=patience_seconds, **options)


def test_equal_sides_take_one_request_a_chunk(summing):
    report = run()

    assert outcomes(report) == {"match": COUNT}
    assert summing.asked == ["/checksums"] * 4 + ["/shelves"]
    assert (report.chunks, report.chunks_bisected, report.requests) == (4, 0, 4)


def test_wrong_key_is_judged_by_a_close_look_at_it_alone(summing):
    summing.pages[12][1]["books"] = ["Lady Susan"]

    report = run()

    assert outcomes(report) == {"match": COUNT - 1, "wrong": 1}
    assert [str(place) for place in report.findings[0].differences] == ["books[0] changed"]
    looked_at = {path for path in summing.asked if path.startswith("/shelves/")}
    assert looked_at == {"/shelves/12"}
    assert report.chunks_bisected == 1


def test_keys_that_are_behind_are_not_looked_at_closely_until_patience_ends(summing):
    kept = dict(summing.pages)
    for number in range(1, 31):
        summing.pages[number] = [{**page, "as_of": 0} for page in kept[number]]
    del summing.pages[31]

    def catch_up(_keys, _note):
        if summing.asked.count("/checksums") > 7:
            summing.pages = kept

    report = run(report=catch_up)

    assert outcomes(report) == {"match": COUNT - 31, "healed": 31}
    assert {path for path in summing.asked if path.startswith("/shelves/")} == set()


def test_version_alone_convicts_nobody(summing):
    kept = dict(summing.pages)
    summing.pages[12] = [{**page, "as_of": 0} for page in kept[12]]

    def catch_up(_keys, note):
        # After the last checksum, before the last look.
        if note and summing.asked.count("/checksums") >= 4:
            summing.pages = kept

    assert outcomes(run(patience_seconds=-1, report=catch_up)) == {
        "match": COUNT - 1,
        "healed": 1,
    }
    assert "/shelves/12" in summing.asked


def heartbeats(summing, *, heard, sent=900):
    summing.pages[999] = [to_plain(Shelf(as_of=heard, books=()))]
    recording.start_streams([customer_stream(999)])
    Stream.objects.filter(stream=customer_stream(999)).update(version=sent)


def test_service_that_works_off_what_was_sent_before_is_waited_for(summing):
    """As after a backfill: nothing settles for a long time, and then everything."""
    kept = dict(summing.pages)
    summing.pages[12] = [{**page, "as_of": 0} for page in kept[12]]
    heartbeats(summing, heard=100)

    def work_off(_keys, _note):
        summing.pages[999][0]["as_of"] += 10
        if summing.pages[999][0]["as_of"] > 800:
            summing.pages[12] = kept[12]

    assert outcomes(run(report=work_off)) == {"match": COUNT - 1, "healed": 1}


@pytest.mark.parametrize(
    ("heard", "hears"), [(100, 0), (900, 10), (850, 60)], ids=["stopped", "through", "gets-through"]
)
def test_service_that_hears_nothing_new_of_before_is_not_waited_for(summing, heard, hears):
    summing.pages[12] = [{**page, "as_of": 0} for page in summing.pages[12]]
    heartbeats(summing, heard=heard)

    def go_on(_keys, _note):
        summing.pages[999][0]["as_of"] += hears

    assert outcomes(run(report=go_on)) == {"match": COUNT - 1, "stale overdue": 1}


def test_service_that_answers_now_and_then_has_not_come_further(summing):
    summing.pages[12] = [{**page, "as_of": 0} for page in summing.pages[12]]
    heartbeats(summing, heard=100)
    looks = []

    def stumble(_keys, _note):
        looks.append(1)
        assert len(looks) < 200, "it is waited for, for ever"
        summing.broken ^= {"/shelves/999"}

    assert outcomes(run(report=stumble)) == {"match": COUNT - 1, "stale overdue": 1}


def test_comparison_can_be_told_to_look_at_every_page(summing):
    assert outcomes(run(is_per_key=True)) == {"match": COUNT}
    assert "/checksums" not in summing.asked


def test_service_that_cannot_sum_is_looked_at_page_by_page(summing):
    summing.broken = {"/checksums"}

    assert outcomes(run()) == {"match": COUNT}


def test_key_that_only_the_service_has_is_extra(summing):
    summing.pages[77] = summing.pages[7]

    report = run()

    assert outcomes(report) == {"match": COUNT, "extra": 1}
    assert report.findings[0].key == "77"


def test_reserved_key_is_nobodys(summing):
    summing.pages[999] = summing.pages[7]

    assert outcomes(run()) == {"match": COUNT}


def test_service_that_does_not_list_its_keys_is_an_error(summing):
    summing.broken = {"/shelves"}

    assert outcomes(run()) == {"match": COUNT, "error": 1}


def test_comparison_is_written_down(summing):
    Epoch.objects.create(path="shelf", number=4, facts={}, opened_at=NOON)
    summing.pages[12][1]["books"] = ["Lady Susan"]
    del summing.pages[30]

    run()

    row = ReconcileRun.objects.get()
    assert row.counts == {"match": COUNT - 2, "wrong": 1, "missing": 1}
    assert (row.path, row.epoch, row.keys, row.chunks, row.chunks_bisected) == (
        "shelf",
        4,
        COUNT,
        4,
        2,
    )
    assert sorted(row.findings, key=lambda each: each["key"]) == [
        {"key": "12", "outcome": "wrong", "differences": ["books[0] changed"]},
        {
            "key": "30",
            "outcome": "missing",
            "differences": ["pages[0] missing", "pages[1] missing"],
        },
    ]
    assert row.finished_at is not None
    assert row.finished_at == row.active_at
    assert row.finished_at >= row.started_at


def interrupted_after(chunks):
    left = iter(range(chunks - 1))

    def report(_keys, _note):
        try:
            next(left)
        except StopIteration:
            raise KeyboardInterrupt from None

    with pytest.raises(KeyboardInterrupt):
        run(report=report)


def test_interrupted_comparison_goes_on_where_it_stopped(summing):
    summing.pages[2][0]["books"] = ["Lady Susan"]
    interrupted_after(2)
    asked_before = len(summing.asked)

    report = run(is_resumed=True)

    row = ReconcileRun.objects.get()
    assert outcomes(report) == {"match": COUNT - 1, "wrong": 1}
    assert (row.keys, row.chunks) == (COUNT, 4)
    # Two chunks were left, and the wrong key is summed up for its second and third look.
    assert summing.asked[asked_before:].count("/checksums") == 2 + 2


def test_comparison_begins_anew_unless_told_to_go_on(summing):
    interrupted_after(2)

    run()

    assert ReconcileRun.objects.count() == 2
    assert ReconcileRun.objects.exclude(finished_at=None).get().chunks == 4


def test_nothing_is_forgotten_when_more_is_open_than_is_kept(summing, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_FINDINGS", 12)
    kept = dict(summing.pages)
    for number in range(5, 36):
        del summing.pages[number]
    interrupted_after(4)
    summing.pages = kept

    report = run(is_resumed=True)

    assert sum(report.counts.values()) == COUNT
    assert set(report.counts) <= {Final.MATCH, Final.HEALED}


def test_finished_comparison_is_not_gone_on_with(summing):
    run()

    report = run(is_resumed=True)

    assert outcomes(report) == {"match": COUNT}
    assert ReconcileRun.objects.count() == 2


def test_rows_tell_how_far_it_is(summing):
    seen = []

    def look(_keys, _note):
        row = ReconcileRun.objects.get()
        seen.append((row.position, row.finished_at))

    run(report=look)

    assert seen[:2] == [("10", None), ("20", None)]
