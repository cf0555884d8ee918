from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monolith.strangler import mismatches
from monolith.strangler.comparison import Difference, Kind
from monolith.strangler.comparison.rechecking import LADDER_SECONDS
from monolith.strangler.counting import tallies
from monolith.strangler.counting.statistics import bucket_of
from monolith.strangler.deciding.decision import Check
from monolith.strangler.mismatches import normalising
from monolith.strangler.models import Sample, Signature
from monolith.strangler.shadowing import Dark, sides
from monolith.strangler.shadowing.backlog import OLDEST_SECONDS
from tests.monolith.strangler.comparing import Bench, Counts, shelf_path
from tests.monolith.strangler.library import Shelf, ShelfQuery
from tests.monolith.strangler.people import WHO

BOOKS = ("Emma", "Persuasion")


@pytest.fixture
def counts(monkeypatch):
    counts = Counts()
    for name in ("add", "observe", "alert"):
        monkeypatch.setattr(tallies, name, getattr(counts, name))
    return counts


@pytest.fixture(autouse=True)
def _no_rules_known():
    normalising.known.forget()
    yield
    normalising.known.forget()


@pytest.fixture
def answers(service):
    def say(*books, as_of=3):
        service.respond = service.answer_json({"as_of": as_of, "books": list(books)})

    say(*BOOKS)
    return say


def shown(*books, as_of=3):
    return Shelf(as_of=as_of, books=books or BOOKS)


def money_rule():
    who = replace(WHO, at=timezone.now() - timedelta(hours=1))
    normalising.add("shelf", "loud", who, place="books[]", how="case", owner="dana", days=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("books", "as_of", "outcome"),
    [
        (BOOKS, 3, "match"),
        (("EMMA", "Persuasion"), 3, "match-norm"),
        (("Emma", "Sanditon"), 3, "wrong"),
        (("Emma",), 3, "missing"),
        ((*BOOKS, "Sanditon"), 3, "extra"),
        (("Persuasion", "Emma"), 3, "order-only"),
        (("Emma",), 2, "stale"),
        (BOOKS, 4, "noise"),
    ],
)
def test_shadowed_read_is_compared(library, answers, counts, books, as_of, outcome):
    money_rule()
    answers(*books, as_of=as_of)
    bench = Bench()

    bench.compare(shelf_path(), shown())

    assert counts.of("compare") == {outcome: 1}
    assert counts.of("shape") == {"first": 1}
    assert counts.of("verify") == counts.of("harness") == {}
    assert sum(counts.of("latency-service").values()) == 1
    assert counts["rule:loud"] == (outcome == "match-norm")
    assert Signature.objects.count() == (outcome in mismatches_kept())


def mismatches_kept():
    return {"wrong", "missing", "extra", "order-only", "leak", "stale-overdue"}


@pytest.mark.django_db
@pytest.mark.parametrize("as_of", [2, 3, 4])
def test_somebody_elses_object_is_a_leak_at_any_version(library, answers, counts, as_of):
    answers("8: Emma", as_of=as_of)
    path = shelf_path(subjects_in=lambda shelf: {book.partition(":")[0] for book in shelf.books})

    Bench().compare(path, shown("7: Emma"))

    assert counts.of("compare") == {"leak": 1}
    assert counts["watch:leak:bad"] == 1
    assert Signature.objects.get().outcome == "leak"


@pytest.mark.django_db
def test_comparison_that_breaks_on_a_leak_hides_no_leak(library, answers, counts):
    def explode(_monolith, _service):
        raise ZeroDivisionError

    path = shelf_path(subjects_in=lambda _shelf: ["8"], compare=explode)

    Bench().compare(path, shown())

    assert counts.of("compare") == {"leak": 1}
    assert counts.of("harness") == {"compare": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("failing", "outcome"),
    [("answer_500", "error"), ("hang_up", "error"), ("silence", "timeout")],
)
def test_service_that_gives_no_answer_costs_availability_only(
    library, service, counts, monkeypatch, failing, outcome
):
    if failing == "silence":
        monkeypatch.setattr(sides, "BUDGET_SECONDS", 0.05)
    service.respond = {
        "answer_500": service.answer_json({}, 500),
        "hang_up": service.hang_up,
        "silence": service.after(600, service.hang_up),
    }[failing]

    Bench().compare(shelf_path(), shown())

    assert counts.of("compare") == {outcome: 1}
    assert counts.of("shape") == counts.of("watch") == {}
    assert Signature.objects.count() == 0


@pytest.mark.django_db
def test_service_has_as_long_as_readers_would_wait(library, service, counts, monkeypatch):
    monkeypatch.setattr(sides, "BUDGET_SECONDS", 0.05)
    service.respond = service.after(0.5, service.answer_json({"as_of": 3, "books": [*BOOKS]}))

    Bench().compare(shelf_path(timeout_seconds=600.0), shown())
    Bench().compare(shelf_path(), shown())

    assert counts.of("compare") == {"match": 1, "timeout": 1}


@pytest.mark.django_db
def test_monolith_is_given_up_after_as_long_as_readers_would_wait(library):
    def granted_to(_query):
        with connection.cursor() as cursor:
            cursor.execute("show statement_timeout")
            return cursor.fetchone()[0]

    def granted(path):
        return sides.read_monolith(replace(path, monolith_answer=granted_to), ShelfQuery(7))

    never_bound = granted(shelf_path(timeout_seconds=6.0))
    sides.bound_statements()
    try:
        bound = [granted(shelf_path(timeout_seconds=patience)) for patience in (None, 6.0, None)]
    finally:
        sides._bound.seconds = None

    assert (never_bound, bound) == ("0", ["800ms", "6s", "800ms"])


@pytest.mark.django_db
def test_path_without_address_is_an_error(library, service, settings, counts):
    settings.STRANGLER_SERVICE_URLS = {}

    Bench().compare(shelf_path(), shown())

    assert counts.of("compare") == {"error": 1}


@pytest.mark.django_db
def test_verified_read_asks_the_monolith_and_counts_twice(library, service, counts):
    bench = Bench()

    bench.compare(shelf_path(), shown("Emma"), check=Check.VERIFY)

    assert service.asked == []
    assert counts.of("compare") == counts.of("verify") == {"missing": 1}
    assert counts.of("watch") == {"wrong:bad": 1}
    assert sum(counts.of("latency-monolith").values()) == 1


@pytest.mark.django_db
def test_disagreement_reads_the_monolith_again_before_it_accuses(library, answers, counts):
    library.put(7, ["Emma"], as_of=4)  # what was shown is older than what is there now
    answers("Emma", as_of=4)

    Bench().compare(shelf_path(), shown())

    assert counts.of("compare") == {"noise": 1}
    assert counts.of("noise") == {"changed": 1}
    assert library.asked == [ShelfQuery(7)]


@pytest.mark.django_db
def test_agreement_reads_the_monolith_again_only_when_drawn(library, answers, counts):
    Bench().compare(shelf_path(), shown())
    assert library.asked == []

    Bench(reads_twice=True).compare(shelf_path(), shown())

    assert counts.of("noise") == {"same": 1}
    assert counts.of("compare") == {"match": 2}


@pytest.mark.django_db
def test_monolith_that_never_says_the_same_twice_is_noise_and_no_more(library, answers, counts):
    answers("Emma", "Sanditon")
    turns = iter(["one", "two", "three"])

    path = shelf_path(monolith_answer=lambda _query: shown("Emma", next(turns)))
    Bench().compare(path, shown("Emma", "none"))

    assert counts.of("compare") == {"noise": 1}
    assert Signature.objects.count() == 0


@pytest.mark.django_db
def test_stale_answer_is_looked_at_again_after_2_8_25_and_60_seconds(library, answers, counts):
    answers("Emma", as_of=2)
    bench = Bench()
    bench.compare(shelf_path(), shown())

    due = []
    for _ in LADDER_SECONDS:
        bench.clock.now = bench.backlog.next_at - 0.01
        assert bench.do_due() == 0
        bench.clock.go_on(0.01)
        assert bench.do_due() == 1
        due.append(round(bench.clock.now - 1_000))

    assert due == [2, 8, 25, 60]
    assert counts.of("recheck") == {"overdue": 1}
    assert counts.of("compare") == {"stale": 1, "stale-overdue": 1}
    assert counts.of("staleness") == {}
    assert bench.backlog.status().open == 0
    looks = Sample.objects.get().looks
    assert [(look["seconds"], look["outcome"]) for look in looks] == [
        (0, "stale"),
        (2, "stale"),
        (8, "stale"),
        (25, "stale"),
        (60, "stale"),
    ]


@pytest.mark.django_db
def test_stale_answer_that_heals_tells_how_long_it_took(library, answers, counts):
    answers("Emma", as_of=2)
    bench = Bench()
    bench.compare(shelf_path(), shown())

    bench.clock.go_on(2)
    bench.do_due()
    answers(*BOOKS, as_of=3)
    bench.clock.go_on(8)
    bench.do_due()

    assert counts.of("recheck") == {"healed": 1}
    assert counts.of("staleness") == {str(bucket_of(10_000)): 1}
    assert counts.of("compare") == {"stale": 1}


@pytest.mark.django_db
def test_stale_answer_that_turns_out_wrong_is_counted_and_kept(library, answers, counts):
    answers("Emma", as_of=2)
    bench = Bench()
    bench.compare(shelf_path(), shown(), check=Check.SHADOW)

    answers("Emma", "Sanditon", as_of=3)
    bench.clock.go_on(2)
    bench.do_due()

    assert counts.of("recheck") == {"bad": 1}
    assert counts.of("compare") == {"stale": 1, "wrong": 1}
    assert Signature.objects.get().outcome == "wrong"


@pytest.mark.django_db
def test_service_that_dies_while_it_is_behind_is_overdue(library, answers, service, counts):
    answers("Emma", as_of=2)
    bench = Bench()
    bench.compare(shelf_path(), shown())
    service.respond = service.answer_json({}, 500)

    for seconds in LADDER_SECONDS:
        bench.clock.now = 1_000 + seconds
        bench.do_due()

    assert counts.of("recheck") == {"overdue": 1}
    assert Signature.objects.get().outcome == "stale-overdue"


@pytest.mark.django_db
def test_service_that_stays_ahead_is_wrong_in_the_end_and_not_before(library, answers, counts):
    answers(*BOOKS, as_of=9)
    bench = Bench()
    bench.compare(shelf_path(), shown())
    assert counts.of("compare") == {"noise": 1}

    for seconds in LADDER_SECONDS:
        bench.clock.now = 1_000 + seconds
        bench.do_due()

    assert counts.of("recheck") == {"overdue": 1}
    assert counts.of("compare") == {"noise": 1, "wrong": 1}


@pytest.mark.django_db
def test_open_comparison_waits_while_the_monolith_is_busy(library, answers, counts):
    answers("Emma", as_of=2)
    load: list[str] = []
    bench = Bench(busy=lambda: load[0] if load else None)
    bench.compare(shelf_path(), shown())

    load.append("connections")
    bench.clock.go_on(2)
    bench.do_due()
    load.clear()
    answers(*BOOKS)
    bench.clock.go_on(5)
    bench.do_due()

    assert counts.of("recheck") == {"healed": 1}
    assert counts.of("dropped") == {}


@pytest.mark.django_db
def test_open_comparisons_are_bounded_and_their_drops_counted(library, answers, counts):
    answers("Emma", as_of=2)
    bench = Bench(most_open=1)

    bench.compare(shelf_path(), shown())
    bench.compare(shelf_path(), shown())

    assert counts.of("dropped") == {"rechecks-full": 1}
    assert bench.backlog.status().open == 1


def explode(*_anything):
    raise ZeroDivisionError("Mrs Miggins")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "hook"),
    [
        ("compare", "compare"),
        ("service_request", "service-request"),
        ("subject_of", "subject-of"),
        ("subjects_in", "subjects-in"),
        ("shape_of", "shape-of"),
        ("version_of", "version-of"),
    ],
)
def test_hook_that_raises_is_counted_by_name_and_reaches_nobody(
    library, answers, counts, field, hook
):
    bench = Bench()

    bench.compare(shelf_path(**{field: explode}), shown())

    assert counts.of("harness") == {hook: 1}
    assert counts.of("dropped") == {"harness": 1}
    assert counts.of("compare") == {}
    assert bench.backlog.status().dropped == 1


@pytest.mark.django_db
def test_monolith_that_cannot_be_read_again_is_a_failed_hook(library, answers, counts):
    answers("Emma")

    Bench().compare(shelf_path(monolith_answer=explode), shown())
    Bench().compare(shelf_path(monolith_answer=None), shown())

    assert counts.of("harness") == {"monolith-answer": 2}


@pytest.mark.django_db
def test_rules_that_raise_are_a_failed_hook(library, answers, counts, monkeypatch):
    answers("Emma")
    monkeypatch.setattr(normalising.known, "of", explode)

    Bench().compare(shelf_path(), shown())

    assert counts.of("harness") == {"rules": 1}


@pytest.mark.django_db
def test_judgement_that_raises_reaches_nobody(library, answers, counts, monkeypatch):
    monkeypatch.setattr("monolith.strangler.shadowing.looking.classify", explode)

    Bench().compare(shelf_path(), shown())

    assert counts.of("harness") == {"shadowing": 1}


@pytest.mark.django_db
def test_mismatch_that_cannot_be_kept_is_counted_all_the_same(
    library, answers, counts, monkeypatch
):
    answers("Emma")
    monkeypatch.setattr(mismatches.keeping, "keep", explode)
    bench = Bench()

    bench.compare(shelf_path(), shown())

    assert counts.of("compare") == {"missing": 1}
    assert counts.of("harness") == {"storing": 1}
    assert bench.backlog.status().compared == 1


@pytest.mark.django_db
def test_monolith_that_is_busy_is_left_alone(library, answers, service, counts):
    bench = Bench(busy=lambda: "97 of 100 connections are in use")

    bench.compare(shelf_path(), shown())

    assert counts.of("dropped") == {"monolith-busy": 1}
    assert (service.asked, library.asked) == ([], [])


def a_dark(check=Check.SHADOW):
    return Dark.of(shelf_path(), ShelfQuery(7), shown(), check)


def test_full_queue_drops_its_oldest_and_counts_it(library, counts):
    bench = Bench(most=2)
    darks = [a_dark() for _ in range(3)]

    for dark in darks:
        bench.backlog.offer(dark)

    assert [bench.backlog.take(), bench.backlog.take()] == darks[1:]
    assert counts.of("dropped") == {"queue-full": 1}


def test_what_a_customer_was_shown_by_the_service_is_compared_first(library):
    bench = Bench()
    darks = [a_dark(check) for check in (Check.SHADOW, Check.VERIFY, Check.SHADOW, Check.VERIFY)]

    for dark in darks:
        bench.backlog.offer(dark)

    taken = [bench.backlog.take() for _ in darks]
    assert taken == [darks[1], darks[3], darks[0], darks[2]]


def test_full_queue_drops_what_a_customer_was_shown_last(library, counts):
    bench = Bench(most=2)
    darks = [a_dark(check) for check in (Check.VERIFY, Check.SHADOW, Check.VERIFY, Check.VERIFY)]

    for dark in darks:
        bench.backlog.offer(dark)

    assert [bench.backlog.take(), bench.backlog.take()] == darks[2:]
    assert counts.of("dropped") == {"queue-full": 2}


def test_read_that_waited_too_long_is_not_compared(library, counts):
    bench = Bench()
    bench.backlog.offer(a_dark())

    bench.clock.go_on(OLDEST_SECONDS + 0.1)

    assert bench.backlog.take() is None
    assert counts.of("dropped") == {"too-old": 1}


steps = st.lists(
    st.sampled_from(["offer", "offer", "offer", "take", "finish", "break", "wait", "clear"]),
    max_size=60,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_everything_offered_is_compared_dropped_waiting_or_running(library, counts, steps):
    counts.clear()
    bench, running = Bench(most=3), list[Any]()

    for step in steps:
        if step == "offer":
            bench.backlog.offer(a_dark(Check.VERIFY if len(running) % 2 else Check.SHADOW))
        elif step == "take" and (taken := bench.backlog.take()) is not None:
            running.append(taken)
        elif step in {"finish", "break"} and running:
            dropped = "harness" if step == "break" else None
            bench.backlog.done(running.pop(), dropped=dropped)
        elif step == "wait":
            bench.clock.go_on(OLDEST_SECONDS)
        elif step == "clear":
            bench.backlog.clear("stopping")
        status = bench.backlog.status()
        assert bench.is_accounted_for()
        assert status.waiting <= 3
        assert status.running == len(running)
        assert status.dropped == sum(counts.of("dropped").values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.sampled_from(["wrong", "raises", "leak", "stale", "same"]), max_size=6))
def test_nothing_that_a_path_declares_gets_past_the_work(library, counts, monkeypatch, faults):
    counts.clear()
    bench = Bench()
    monkeypatch.setattr(mismatches.keeping, "keep", lambda *_, **__: None)
    monkeypatch.setattr(normalising.known, "of", lambda _path: ())
    for fault in faults:
        said = shown(as_of=2 if fault == "stale" else 3)
        monkeypatch.setattr(
            "monolith.strangler.shadowing.looking.ask_service", lambda *_, said=said: said
        )
        path = shelf_path(
            compare=explode if fault == "raises" else compare_with(said, fault == "wrong"),
            subjects_in=lambda _, fault=fault: ["8" if fault == "leak" else "7"],
        )
        bench.compare(path, shown())

    assert counts["compare:wrong"] == faults.count("wrong")
    assert counts["compare:leak"] == faults.count("leak")
    assert counts["harness:compare"] == faults.count("raises")
    assert bench.is_accounted_for()
    assert bench.backlog.status().compared == len(faults) - faults.count("raises")


def compare_with(said, differs):
    """Return a comparison that finds a difference in one answer, and in none of the monolith's."""
    found = (Difference("books[0]", Kind.CHANGED),) if differs else ()
    return lambda _, other: found if other is said else ()
