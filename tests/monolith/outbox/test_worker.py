"""The relay inside a Celery worker."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from monolith.outbox import queries
from monolith.outbox.publishers import InMemoryPublisher
from monolith.outbox.relay import Relay
from monolith.outbox.worker import RelayKeeper, RelayStep
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import all_published, eventually, quick_options

pytestmark = pytest.mark.django_db(transaction=True)


def test_relay_that_breaks_is_followed_by_another_that_goes_on_at_once():
    publisher = InMemoryPublisher()
    made: list[Relay] = []

    def make(name: str) -> Relay:
        # Leases long enough that only the same name can go on in time.
        options = quick_options(lease_seconds=600)
        made.append(Relay(publisher=publisher, options=options, name=name))
        return made[-1]

    keeper = RelayKeeper(make)
    keeper.start()
    eventually(queries.is_relayed)
    made[0]._timetable = None  # type: ignore[assignment]
    made[0]._bell.ring()
    eventually(lambda: len(made) == 2)
    commit("product/1")
    eventually(all_published)
    keeper.stop()

    assert len(publisher.published) == 1
    assert not queries.is_relayed()


@pytest.mark.parametrize("wanted", [True, False])
def test_settings_say_whether_a_worker_relays(settings, wanted):
    settings.OUTBOX_RELAY_IN_WORKER = wanted
    step = RelayStep(SimpleNamespace())

    assert step.include_if(SimpleNamespace()) is wanted


def test_step_starts_and_stops_a_relay():
    step = RelayStep(SimpleNamespace())

    step.start(SimpleNamespace())
    eventually(queries.is_relayed)
    step.stop(SimpleNamespace())

    assert not queries.is_relayed()
