"""A library whose one read moves, and a service that takes it over."""

from __future__ import annotations

import time

import pytest

from monolith.outbox import recording, waking
from monolith.strangler import registry, shadowing
from monolith.strangler.calling import breaker
from monolith.strangler.counting import tallies
from monolith.strangler.deciding.decision import Held
from monolith.strangler.deciding.ladder import rung_called
from monolith.strangler.reconciliation import asking, continuous, passing, running
from monolith.strangler.routing import missing
from monolith.strangler.state import controls
from monolith.strangler.state.controls import ControlCache, Controls
from tests.monolith.strangler.library import Library
from tests.monolith.strangler.service import running_service
from tests.monolith.strangler.summing_service import COUNT, Summing


@pytest.fixture(autouse=True)
def _no_memory_between_tests():
    controls.cache.forget()
    breaker.forget()
    missing.forget()
    tallies.take()
    yield
    controls.cache.forget()
    breaker.forget()
    missing.forget()
    tallies.take()
    waking.close()


@pytest.fixture(autouse=True)
def _local_credentials(settings):
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"


@pytest.fixture
def library(monkeypatch):
    library = Library()
    library.put(7, ["Emma", "Persuasion"], as_of=3)
    monkeypatch.setitem(registry._declared, "shelf", library.path())
    return library


@pytest.fixture
def service(settings):
    with running_service() as service:
        settings.STRANGLER_SERVICE_URLS = {"shelf": service.url, "order_history": service.url}
        yield service


@pytest.fixture
def standing(monkeypatch):
    """Puts the library's read on a rung; what is in force is known without a database."""

    def stand(rung, *, path="shelf", **known):
        rung = rung_called(rung)
        held = {path: Held(stage=rung.stage, dial=rung.dial, **known.pop("holding", {}))}
        cache = ControlCache(lambda: Controls(**{"held": held, **known}))
        monkeypatch.setattr(controls, "cache", cache)
        return cache

    return stand


@pytest.fixture
def at_service(monkeypatch, library, service, settings, standing):
    """The service answers the library's read, nobody has written anything, nothing is compared.

    The budget is one that no busy machine uses up; a test of what uses it up sets a small one.
    """
    settings.STRANGLER_TIMEOUT_SECONDS = 30
    standing("service")
    monkeypatch.setattr(recording, "current_version", lambda _stream: 0)
    monkeypatch.setattr(shadowing, "offer", lambda _dark: None)
    service.respond = service.answer_json({"as_of": 3, "books": ["Emma", "Persuasion"]})
    return service


@pytest.fixture
def at_service_for_real(library, service, settings, standing):
    """The service answers, to whoever has what they wrote in its answer; needs the database."""
    settings.STRANGLER_TIMEOUT_SECONDS = 30
    standing("service")
    return service


@pytest.fixture
def counted():
    """Counts of a series so far, by name; they stay where they are."""

    def count(series, path="shelf"):
        return {
            key.name: number
            for key, number in tallies._now.counts.items()
            if (key.path, key.series) == (path, series)
        }

    return count


class SleepingClock:
    """A clock that goes on only while somebody sleeps: patience is counted in pauses, then."""

    def __init__(self):
        self._now = time.monotonic()

    def monotonic(self):
        return self._now

    def sleep(self, seconds):
        self._now += seconds


@pytest.fixture
def patience_in_pauses(monkeypatch):
    """Reconcile without waiting, and with the same looks however slow the machine is."""
    clock = SleepingClock()
    for module in (passing, running, continuous):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(asking, "BUDGET_SECONDS", 3_600)  # by the real clock, that is
    return clock


@pytest.fixture
def summing(library, service, patience_in_pauses, monkeypatch):
    """Forty shelves, which a service that can sum holds too; a chunk is ten of them."""
    monkeypatch.setitem(registry._declared, "shelf", library.summed_path())
    monkeypatch.setattr(passing, "CHUNK_KEYS", 10)
    for number in range(1, COUNT + 1):
        library.put(number, ["Emma", "Persuasion"], ["Sanditon"], as_of=number)
    return Summing(library, service)
