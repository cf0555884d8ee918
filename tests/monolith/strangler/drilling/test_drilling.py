from __future__ import annotations

from dataclasses import replace

import pytest

from event_contracts.plain_values import to_plain
from monolith.strangler import drilling, operations, registry, shadowing
from monolith.strangler.calling.clients import ServiceAnswer
from monolith.strangler.counting import watches
from monolith.strangler.deciding.ladder import rung_called
from monolith.strangler.drilling import FAULTS, DrillImpossible
from monolith.strangler.drilling.faults import Call
from monolith.strangler.models import Drill, PathState, Signature, Watch, WorkerSeen
from monolith.strangler.state.queries import get_status
from tests.factories import NOON
from tests.monolith.strangler.library import Shelf, ShelfQuery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drilled(library, service, monkeypatch, settings):
    """Forty shelves that the service holds as well, and that say whose they are."""
    settings.STRANGLER_TIMEOUT_SECONDS = 0.2
    for number in range(40):
        library.put(number, ["Emma", str(number)], as_of=0)
    service.respond = service.answer_json(
        lambda handler: to_plain(
            library.shelves[int(handler.path.partition("?")[0].rpartition("/")[2])][0]
        )
    )
    path = replace(
        registry.get_path("shelf"),
        sample_queries=lambda _keys: [ShelfQuery(number) for number in range(40)],
        subjects_in=lambda shelf: shelf.books[-1:],
    )
    monkeypatch.setitem(registry._declared, "shelf", path)
    monkeypatch.setattr(drilling.conducting, "READS_A_SECOND", 200)
    # However busy the machine is: what is tested is who finds what, not how fast.
    monkeypatch.setattr(drilling.conducting, "ROLLED_BACK_SECONDS", 600.0)
    monkeypatch.setattr(drilling.conducting, "DETECTED_SECONDS", 600.0)
    for fault in ("wrong", "slow", "error"):
        more = replace(drilling.FAULTS[fault], share_bp=5_000)
        monkeypatch.setitem(drilling.faults.FAULTS, fault, more)
    return path


@pytest.mark.parametrize(
    ("fault", "alarm"),
    [
        ("stale", "stale"),
        ("wrong", "wrong"),
        ("slow", "errors"),
        ("error", "errors"),
        ("leak", "leak"),
    ],
)
def test_fault_is_found_and_rolled_back_on_the_twin_alone(drilled, fault, alarm):
    operations.place(path="shelf", rung="canary-5", actor="a", reason="r", at=NOON)

    (conducted,) = drilling.drill("shelf", faults=[fault], by="dana")

    assert conducted.has_passed
    assert conducted.alarm.startswith(watches.WATCHMEN[alarm].meaning)
    assert get_status("shelf").rung.name == "canary-5"
    assert get_status("shelf~drill").rung.name != "service"
    assert not Signature.objects.exists()


def test_wrong_answer_is_still_about_the_same_people(drilled, library):
    """Whoever changes the owner of an answer drills the leak, not the wrong answer."""
    for number in range(40):
        library.put(number, [str(number)], as_of=0)

    call = Call(
        ask=lambda _instead: ServiceAnswer(value=library.shelves[7][0], build=""),
        answer_class=Shelf,
        deadline=0.0,
        other=lambda: drilled.service_request(ShelfQuery(8)),
        version_of=drilled.version_of,
        subjects_in=drilled.subjects_in,
    )

    assert FAULTS["wrong"].spoil(call).value == library.shelves[7][0]
    assert (
        FAULTS["wrong"].spoil(replace(call, subjects_in=lambda _shelf: ())).value
        != (library.shelves[7][0])
    )


def test_what_a_drill_left_open_raises_no_alarm_in_the_next(drilled, library, monkeypatch):
    """Of a read without a stream what is behind is shown, and looked at again a minute later."""
    let_go, left = shadowing.let_go, []

    def noted(path):
        left.append(shadowing.status().open)
        let_go(path)

    monkeypatch.setattr(shadowing, "let_go", noted)
    behind = replace(
        drilled,
        stream_of=lambda _query: None,
        monolith_answer=lambda query: replace(library.answer(query), as_of=1),
    )
    monkeypatch.setitem(registry._declared, "shelf", behind)

    drilling.drill("shelf", faults=["stale"], by="dana")

    assert left[0] > 0
    assert shadowing.status().open == 0


@pytest.mark.parametrize(
    ("fault", "times_as_patient", "judged", "share"),
    [
        ("wrong", 1, 1.0, 200),
        ("wrong", 1, 0.25, 800),
        ("wrong", 10, 0.5, 4_000),
        ("wrong", 10, 0.001, 5_000),
        ("error", 1, 0.25, 200),
        ("error", 10, 0.25, 2_000),
    ],
)
def test_as_much_goes_wrong_where_it_shows_more_seldom(fault, times_as_patient, judged, share):
    assert FAULTS[fault].share(times_as_patient=times_as_patient, judged=judged) == share


def test_wrong_value_is_put_in_more_often_where_most_answers_are_behind(
    drilled, library, monkeypatch
):
    """Of 40 answers 30 are behind, so that nobody looks at their content."""
    spoilt = []

    def spoil(call):
        spoilt.append(call)
        return call.ask(None)

    seldom = replace(drilling.FAULTS["wrong"], spoil=spoil, share_bp=1_000)
    monkeypatch.setitem(drilling.faults.FAULTS, "wrong", seldom)
    # Before anything is looked at again, which would ask the service as well.
    monkeypatch.setattr(drilling.conducting, "DETECTED_SECONDS", 1.9)
    behind = replace(
        drilled,
        stream_of=lambda _query: None,
        monolith_answer=lambda query: replace(
            library.answer(query), as_of=int(query.number % 4 > 0)
        ),
    )
    monkeypatch.setitem(registry._declared, "shelf", behind)

    (conducted,) = drilling.drill("shelf", faults=["wrong"], by="dana")

    assert len(spoilt) > 0.22 * conducted.comparisons


@pytest.mark.parametrize(("is_about", "faults"), [(True, {"leak"}), (False, set())])
def test_nobodys_read_is_not_drilled_for_leaks(library, is_about, faults):
    path = registry.get_path("shelf")
    about = path if is_about else replace(path, subject_of=registry._nobody)

    assert {*drilling.FAULTS} - {*drilling.faults_of(about)} == {"leak"} - faults


def test_drill_without_a_watch_fails(drilled, monkeypatch):
    monkeypatch.setattr(drilling.conducting, "DETECTED_SECONDS", 1.0)
    monkeypatch.setattr(watches, "look", lambda *_observations, **_when: None)

    (conducted,) = drilling.drill("shelf", faults=["error"], by="dana")

    assert (conducted.has_passed, conducted.detected_seconds) == (False, None)
    assert Drill.objects.get() == conducted


def test_without_a_fault_no_alarm_is_raised(drilled, monkeypatch):
    monkeypatch.setattr(drilling.conducting, "DETECTED_SECONDS", 1.0)
    calm = replace(drilling.FAULTS["error"], share_bp=0)
    monkeypatch.setitem(drilling.faults.FAULTS, "error", calm)

    (conducted,) = drilling.drill("shelf", faults=["error"], by="dana")

    assert (conducted.alarm, conducted.has_passed) == ("", False)


def test_monolith_is_found_to_answer_again_after_the_service_stood_alone(drilled):
    (conducted,) = drilling.drill("shelf", faults=[drilling.RESTORE], by="dana")

    assert conducted.has_passed
    assert get_status("shelf~drill").rung.name == "monolith"
    assert not WorkerSeen.objects.exists(), "nobody has to wait for whoever conducted it"


def test_alarm_of_another_watch_does_not_pass_a_drill(drilled, monkeypatch):
    other = replace(drilling.FAULTS["error"], watches=frozenset({"leak"}))
    monkeypatch.setitem(drilling.faults.FAULTS, "error", other)

    (conducted,) = drilling.drill("shelf", faults=["error"], by="dana")

    assert conducted.alarm.startswith(watches.WATCHMEN["errors"].meaning)
    assert not conducted.has_passed


def test_drill_begins_with_watches_that_have_seen_nothing(drilled):
    at = NOON
    Watch.objects.create(path="shelf~drill", name="errors", score=11, seen=9, bad=5, since=at)

    operations.stand_twin(path="shelf~drill", rung=rung_called("service"), verify_bp=0, at=at)

    assert Watch.objects.get().score == 0


def test_nothing_to_read_is_no_drill(drilled, monkeypatch):
    nobody = replace(drilled, sample_queries=lambda _keys: [])
    monkeypatch.setitem(registry._declared, "shelf", nobody)

    with pytest.raises(DrillImpossible):
        drilling.drill("shelf", faults=["error"], by="dana")

    assert not PathState.objects.exists()


def test_only_twins_stand_where_they_have_not_climbed(library):
    with pytest.raises(operations.AdvanceRefused, match="no twin"):
        operations.stand_twin(path="shelf", rung=rung_called("service"), verify_bp=0, at=NOON)
