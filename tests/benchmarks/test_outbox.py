"""The benchmark of the outbox works: its own code, at a thousandth of its size."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from benchmarks.outbox import drain, writing
from benchmarks.outbox.events import Event
from benchmarks.outbox.relaying import NullPublisher, WatchedPublisher, breach_of
from benchmarks.outbox.seeding import seed
from benchmarks.outbox.servers import Server
from benchmarks.outbox.sightings import BrokenPromise


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    found = Server(os.environ["DATABASE_URL"], folder, Path(os.devnull))
    with found.layout():
        yield found


def test_drain_is_measured_beside_the_raw_loop(server):
    absolute, relative = drain.measure(server, events=600, round_count=1)

    assert absolute.value > 0
    assert "raw psycopg loop" in absolute.reference
    assert relative.value > 0


def test_drain_with_a_slow_broker_is_bounded_by_its_calls(server):
    (rate, *_) = drain.measure_slowly(server, events=600, round_count=1)

    # Four calls at a time, ten events each. The rate counts from the end of the first four on.
    waves = 600 / (4 * 10)
    assert 0 < rate.value <= 600 / ((waves - 1) * drain.CALL_SECONDS)


def test_drain_of_a_backlog_with_a_hole_is_no_figure(server):
    with server.database() as url:
        seed(url, series=1, events=200, streams=20)
        _delete(url, stream="product/00007", position=3)

        with pytest.raises(BrokenPromise, match="came after"):
            drain.drain_seeded(server, url, events=199)


def test_writing_is_measured(server, django_db_blocker):
    with django_db_blocker.unblock():
        first, bare_first, each, bare_each = writing.measure(server, transactions=5)

    assert "the transaction without" in first.reference
    assert each.unit == "µs"
    assert "psycopg alone" in bare_first.reference == bare_each.reference


def test_batch_with_a_stream_twice_is_a_breach(tmp_path):
    sink = tmp_path / "sink"
    publisher = WatchedPublisher(NullPublisher(0), sink)

    publisher.publish([_message(stream=1), _message(stream=2)])
    assert not breach_of(sink).exists()

    publisher.publish([_message(stream=1), _message(stream=1)])
    assert breach_of(sink).exists()


class Impatient:
    """Calls the publisher that called it once more, for the same batch, before it answers."""

    def __init__(self):
        self.caller = None

    def publish(self, batch):
        caller, self.caller = self.caller, None
        return caller.publish(batch) if caller else []


def test_call_for_a_stream_that_is_on_its_way_is_a_breach(tmp_path):
    sink, impatient = tmp_path / "sink", Impatient()
    publisher = impatient.caller = WatchedPublisher(impatient, sink)

    publisher.publish([_message(stream=1)])

    assert "two calls at once" in breach_of(sink).read_text()


def _message(*, stream):
    event = Event(series=1, stream=stream, position=1)
    return SimpleNamespace(stream=event.stream_name, event_id=event.id)


def _delete(url, *, stream, position):
    with psycopg.connect(url) as connection:
        connection.execute(
            "delete from outbox_message where stream = %s and version = %s", (stream, position)
        )
