"""What an idle relay costs."""

from __future__ import annotations

from time import monotonic

import pytest

from monolith.outbox import queries, relay
from monolith.outbox.configuration import RelayOptions
from monolith.outbox.connecting import connect
from monolith.outbox.publishers import InMemoryPublisher
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import all_published, eventually, quick_options, running_relay

pytestmark = pytest.mark.django_db(transaction=True)


def test_idle_relay_sends_one_statement_per_heartbeat(monkeypatch):
    sent_at = _note_statements(monkeypatch)
    options = quick_options(lease_seconds=2)

    with running_relay(InMemoryPublisher(), options):
        commit("product/1")
        eventually(lambda: all_published() and queries.is_relayed())

        # The looks after an activity are further and further apart, and then there are none.
        eventually(lambda: _seconds_between(sent_at[-4:]) >= 0.9 * 3 * options.heartbeat_seconds)


def _seconds_between(instants):
    return instants[-1] - instants[0]


def test_default_heartbeat_keeps_idle_statements_below_one_in_five_seconds():
    assert 1 / RelayOptions().heartbeat_seconds <= 0.2


def _note_statements(monkeypatch):
    sent_at: list[float] = []

    def counting_connect(*arguments, **options):
        connection = connect(*arguments, **options)
        execute = connection.execute

        def counted(statement, *rest):
            sent_at.append(monotonic())
            return execute(statement, *rest)

        monkeypatch.setattr(connection, "execute", counted)
        return connection

    monkeypatch.setattr(relay, "connect", counting_connect)
    return sent_at
