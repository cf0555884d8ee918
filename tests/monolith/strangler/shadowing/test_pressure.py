from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from django.db import OperationalError
from django.utils import timezone

from monolith.strangler.counting.statistics import bucket_of
from monolith.strangler.models import Tally
from monolith.strangler.shadowing import pressure
from monolith.strangler.shadowing.pressure import LOOK_SECONDS, Pressure
from tests.monolith.strangler.comparing import Clock


def latencies(milliseconds, *, count, ago):
    Tally.objects.create(
        path="shelf",
        epoch=1,
        minute=timezone.now() - ago,
        series="latency-monolith",
        name=str(bucket_of(milliseconds)),
        count=count,
    )


LAST_WEEK, JUST_NOW = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("usual", "now", "is_busy"),
    [((100, 1_000), (150, 100), True), ((100, 1_000), (110, 100), False)],
)
def test_monolith_is_busy_when_it_is_slower_than_usual(usual, now, is_busy):
    latencies(usual[0], count=usual[1], ago=LAST_WEEK)
    latencies(now[0], count=now[1], ago=JUST_NOW)

    assert bool(pressure.look()) == is_busy


@pytest.mark.django_db
@pytest.mark.parametrize(("profile", "is_busy"), [("standard", True), ("demo", False)])
def test_machine_of_a_demo_may_be_slower_for_a_while(settings, profile, is_busy):
    settings.STRANGLER_PROFILE = profile
    latencies(100, count=1_000, ago=LAST_WEEK)
    latencies(150, count=100, ago=JUST_NOW)

    assert bool(pressure.look()) == is_busy


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("usual", "now"),
    [((100, 10), (500, 100)), ((100, 1_000), (500, 10)), ((1, 1_000), (4, 100))],
)
def test_few_or_very_fast_answers_are_no_sign(usual, now):
    latencies(usual[0], count=usual[1], ago=LAST_WEEK)
    latencies(now[0], count=now[1], ago=JUST_NOW)

    assert pressure.look() is None


@pytest.mark.django_db
def test_last_weeks_answers_are_no_news():
    latencies(100, count=1_000, ago=LAST_WEEK)
    latencies(900, count=100, ago=timedelta(minutes=10))

    assert pressure.look() is None


@pytest.mark.django_db
def test_monolith_is_busy_when_its_connections_are_used_up(monkeypatch):
    monkeypatch.setattr(pressure, "FULLEST", 0.001)

    assert "connections are in use" in str(pressure.look())


def test_pressure_is_looked_at_every_few_seconds_only():
    clock, looks = Clock(), count(1)
    pressed = Pressure(lambda: f"look {next(looks)}", clock)

    assert (pressed.why(), pressed.why()) == ("look 1", "look 1")
    clock.go_on(LOOK_SECONDS)
    assert pressed.why() == "look 2"


def test_database_that_does_not_answer_is_busy():
    def fail():
        raise OperationalError("down")

    assert "does not answer" in str(Pressure(fail).why())
