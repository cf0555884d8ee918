"""What an idle relay costs."""

from __future__ import annotations

from time import sleep

import pytest

from monolith.outbox import queries, relay
from monolith.outbox.configuration import RelayOptions
from monolith.outbox.connecting import connect
from monolith.outbox.publishers import InMemoryPublisher
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import all_published, eventually, quick_options, running_relay

pytestmark = pytest.mark.django_db(transaction=True)


def test_idle_relay_sends_one_statement_per_heartbeat(monkeypatch):
    statements = _count_statements(monkeypatch)

    with running_relay(InMemoryPublisher(), quick_options(lease_seconds=2)):
        commit("product/1")
        eventually(lambda: all_published() and queries.is_relayed())
        sleep(2)  # the looks after an activity are further and further apart
        before = len(statements)
        sleep(4)
        sent = len(statements) - before

    assert 3 <= sent <= 5


def test_default_heartbeat_keeps_idle_statements_below_one_in_five_seconds():
    assert 1 / RelayOptions().heartbeat_seconds <= 0.2


def _count_statements(monkeypatch):
    statements: list[object] = []

    def counting_connect(*arguments, **options):
        connection = connect(*arguments, **options)
        execute = connection.execute

        def counted(statement, *rest):
            statements.append(statement)
            return execute(statement, *rest)

        monkeypatch.setattr(connection, "execute", counted)
        return connection

    monkeypatch.setattr(relay, "connect", counting_connect)
    return statements
