from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, transaction

from monolith.strangler.counting import handing_in, tallies, watches
from monolith.strangler.counting.handing_in import hand_in
from monolith.strangler.counting.watches import Answer
from monolith.strangler.deciding.decision import Facts
from monolith.strangler.models import Tally, Watch
from tests.factories import NOON


def look(name, observations):
    return watches.look("shelf", name, observations, at=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "observations", "answer"),
    [
        ("leak", [True], Answer.FREEZE),
        ("extra", [True, True], Answer.FREEZE),
        ("own-writes", [True], Answer.FREEZE),
        ("errors", [True] * 5, Answer.STEP_DOWN),
        ("wrong", [True] * 3, Answer.STEP_DOWN),
        ("wrong", ([False] * 49 + [True]) * 8, Answer.STEP_DOWN),
    ],
)
def test_alarm_says_what_it_is_about_and_what_to_do(name, observations, answer):
    alarm = look(name, observations)

    assert alarm is not None
    assert (alarm.watch, alarm.answer) == (name, answer)
    assert watches.WATCHMEN[name].meaning in str(alarm)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "observations"),
    [
        ("leak", [False] * 100),
        ("extra", [True]),
        ("errors", [True] * 4),
        ("errors", ([False] * 999 + [True]) * 3),
        ("wrong", ([False] * 1_999 + [True]) * 3),
    ],
)
def test_what_is_tolerated_raises_no_alarm(name, observations):
    assert look(name, observations) is None


@pytest.mark.django_db
def test_watch_goes_on_where_it_stopped_and_begins_anew_after_its_alarm():
    look("errors", [True] * 2)
    look("errors", [True] * 2)

    assert look("errors", [True]) is not None
    assert look("errors", [True]) is None
    assert Watch.objects.get(path="shelf", name="errors").alarmed_at == NOON


@pytest.mark.django_db
def test_counts_are_added_up_in_the_database():
    for _ in range(2):
        tallies.add("shelf", "compare", "match", 3)
        tallies.add("shelf", "compare", "wrong")
        hand_in()

    rows = Tally.objects.filter(path="shelf").values_list("name", "count").order_by("name")
    assert dict(rows) == {"match": 6, "wrong": 2}


def test_every_minute_is_counted_by_itself(monkeypatch):
    for seconds in (NOON.timestamp() + 59.9, NOON.timestamp() + 60, NOON.timestamp() + 59.9):
        monkeypatch.setattr(tallies, "time", SimpleNamespace(time=lambda now=seconds: now))
        tallies.add("shelf", "compare", "match")

    counted = {key.minute: count for key, count in tallies.take().counts.items()}
    assert counted == {NOON: 2, NOON + timedelta(minutes=1): 1}


def test_what_is_counted_together_is_counted_each(counted):
    tallies.add_each("shelf", [("compare", "match"), ("shape", "first"), ("compare", "match")])

    assert (counted("compare"), counted("shape")) == ({"match": 2}, {"first": 1})


@pytest.mark.django_db
def test_nothing_to_hand_in_asks_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert hand_in() == []


@pytest.mark.django_db
def test_what_could_not_be_written_is_handed_in_once_with_what_came_since(monkeypatch):
    tallies.add("shelf", "compare", "match")
    tallies.observe("shelf", "errors", is_bad=True)
    with monkeypatch.context() as broken:
        broken.setattr(handing_in, "_add_counts", _fail)
        hand_in()
    tallies.add("shelf", "compare", "match")
    tallies.observe("shelf", "errors", is_bad=True)

    hand_in()
    hand_in()

    assert sum(Tally.objects.values_list("count", flat=True)) == 2
    assert Watch.objects.get(name="errors").bad == 2


@pytest.mark.django_db
def test_read_that_cannot_be_recorded_spoils_no_count():
    record = tallies.Answered(
        request_id="r" * 100, path="shelf", subject="7", source="service", reason="stage", as_of=1,
        milliseconds=1.0, facts=Facts(held=None), at=NOON,
    )  # fmt: skip
    tallies.record(record)
    tallies.add("shelf", "compare", "match")

    hand_in()

    assert Tally.objects.get().count == 1
    assert tallies.take().is_empty()


def _fail(_taken):
    raise OperationalError("down")


def test_what_nobody_takes_does_not_grow_without_bound(monkeypatch):
    for number in range(tallies.MOST_OBSERVATIONS + 10):
        tallies.observe("shelf", "errors", is_bad=number == 0)

    observed = tallies.take().observations

    assert len(observed) == tallies.MOST_OBSERVATIONS
    assert not any(observation.is_bad for observation in observed)


def test_of_what_is_given_back_the_oldest_goes_and_not_what_came_since():
    for _ in range(tallies.MOST_OBSERVATIONS):
        tallies.observe("shelf", "errors", is_bad=False)
    taken = tallies.take()
    tallies.observe("shelf", "errors", is_bad=True)

    tallies.give_back(taken)

    observed = tallies.take().observations
    assert len(observed) == tallies.MOST_OBSERVATIONS
    assert observed[-1].is_bad


@pytest.mark.django_db(transaction=True)
def test_no_observation_of_several_processes_is_lost():
    start = threading.Barrier(4)
    alarms = []

    def observe():
        start.wait()
        for _ in range(10):
            with transaction.atomic():
                alarms.append(look("errors", [False, True]))
        connection.close()

    observing = [threading.Thread(target=observe) for _ in range(4)]
    for thread in observing:
        thread.start()
    for thread in observing:
        thread.join()

    raised = [alarm for alarm in alarms if alarm is not None]
    left = Watch.objects.get(name="errors")
    assert sum(alarm.bad for alarm in raised) + left.bad == 40
