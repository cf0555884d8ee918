"""The judge of every drain: it must see what is lost and what is out of order."""

from __future__ import annotations

import pytest

from benchmarks.outbox.events import Event, backlog, event_of, payload_of
from benchmarks.outbox.sightings import (
    BrokenPromise,
    Sighting,
    Sink,
    check_complete,
    check_ordered,
    count,
    rate,
    read,
)


def seen(*places: tuple[int, int]) -> list[Sighting]:
    return [
        Sighting(at, str(Event(1, stream, position).id))
        for at, (stream, position) in enumerate(places)
    ]


def test_id_says_where_an_event_belongs():
    event = Event(series=7, stream=499, position=100)

    assert event_of(str(event.id)) == event


def test_every_stream_has_its_share_at_any_moment():
    events = list(backlog(series=1, events=5, streams=2))

    assert [(e.stream, e.position) for e in events] == [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3)]


def test_payload_is_as_large_as_promised():
    assert 250 <= len(payload_of(Event(1, 17, 5))) <= 270


def test_what_was_noted_is_counted_and_read_in_order(tmp_path):
    sink = Sink(tmp_path / "sink")
    ids = [event.id for event in backlog(series=1, events=3, streams=1)]

    sink.note(ids[:2])
    sink.note(ids[2:])

    assert count(tmp_path / "sink") == 3
    assert [s.event_id for s in read(tmp_path / "sink")] == [str(event_id) for event_id in ids]


def test_sink_that_nobody_has_written_to_is_empty(tmp_path):
    assert count(tmp_path / "sink") == 0


def test_rate_counts_each_event_once():
    first, again = seen((1, 1)), seen((1, 1))
    last = [Sighting(2_000_000_000, str(Event(1, 1, 2).id))]

    assert rate(first + again + last) == 1.0


def test_lost_event_is_found():
    with pytest.raises(BrokenPromise, match="2 of 3"):
        check_complete(seen((1, 1), (1, 2), (1, 2)), events=3)


@pytest.mark.parametrize("places", [
    [(1, 2), (1, 1)],
    [(1, 1), (2, 1), (1, 3), (1, 2)],
    [(1, 1), (1, 3)],
])  # fmt: skip
def test_stream_out_of_order_is_found(places):
    with pytest.raises(BrokenPromise, match="came after"):
        check_ordered(seen(*places))


def test_repetition_and_other_streams_are_no_disorder():
    check_ordered(seen((1, 1), (2, 1), (1, 2), (1, 1), (2, 2)))
