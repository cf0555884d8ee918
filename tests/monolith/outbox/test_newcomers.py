"""During a rolling deployment an older relay leaves alone what it has never heard of."""

from __future__ import annotations

import pytest

from monolith.config import outbox_contracts
from monolith.outbox import queries
from monolith.outbox.models import OutboxMessage
from monolith.outbox.publishers import InMemoryPublisher
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import (
    all_published,
    eventually,
    pending_count,
    quick_options,
    running_relay,
)

pytestmark = pytest.mark.django_db(transaction=True)


def _rename_first_of(stream, event_type="catalogue.product_renamed.v1"):
    first = OutboxMessage.objects.filter(stream=stream).earliest("id")
    OutboxMessage.objects.filter(id=first.id).update(event_type=event_type)


def test_unknown_event_and_what_is_behind_it_wait_while_other_streams_go_on():
    publisher = InMemoryPublisher()
    commit("product/NEW", 3)
    commit("product/OLD", 3)
    _rename_first_of("product/NEW")

    with running_relay(publisher):
        eventually(lambda: pending_count() == 3)
        commit("product/OLD")
        eventually(lambda: len(publisher.published) == 4)

    assert {message.stream for message in publisher.published} == {"product/OLD"}


def test_more_unknown_events_than_one_read_takes_stop_nobody_else(settings):
    settings.OUTBOX_SHARDS = 1
    publisher = InMemoryPublisher()
    for number in range(30):
        commit(f"product/{number}")
        _rename_first_of(f"product/{number}")
    commit("product/OLD")

    with running_relay(publisher, quick_options(batch_size=10)):
        eventually(lambda: pending_count() == 30)

    assert [message.stream for message in publisher.published] == ["product/OLD"]


def test_relay_that_knows_the_type_publishes_it(monkeypatch):
    publisher = InMemoryPublisher()
    commit("product/NEW", 3)
    _rename_first_of("product/NEW")
    with running_relay(InMemoryPublisher()) as older:
        eventually(lambda: older.name in queries.get_status().relays)
        commit("product/OLD")
        eventually(lambda: pending_count() == 3)
    monkeypatch.setattr(outbox_contracts, "knows", lambda _event_type: True)

    with running_relay(publisher):
        eventually(all_published)

    assert [message.version for message in publisher.published] == [1, 2, 3]
