from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.codec import MalformedEvent, decode, encode
from event_contracts.ordering import OrderPlaced
from event_contracts.plain_values import MalformedValue, from_plain, to_plain
from event_contracts.registry import EVENT_CLASSES, UnknownEvent, event_type_of
from tests.event_contracts.examples import ENVELOPES, LANTERN

if TYPE_CHECKING:
    from uuid import UUID

PLACED = ENVELOPES["ordering.order_placed.v1"]


def _changed(path: str, value: Any) -> str:
    """Write the example order with one value replaced, or removed when the value is `...`."""
    event = json.loads(encode(PLACED))
    *parents, last = path.split(".")
    target = event
    for name in parents:
        target = target[int(name)] if isinstance(target, list) else target[name]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return json.dumps(event)


@given(
    st.builds(
        replace,
        st.sampled_from(sorted(ENVELOPES.values(), key=lambda each: each.event_type)),
        event_id=st.uuids(),
        version=st.integers(min_value=1),
        occurred_at=st.datetimes(timezones=st.just(UTC)),
        traceparent=st.none() | st.text(min_size=1),
    )
)
def test_whatever_is_encoded_is_decoded_to_the_same(envelope):
    assert decode(encode(envelope)) == envelope


def test_instants_are_written_in_utc_whatever_their_zone():
    in_paris = PLACED.occurred_at.astimezone(timezone(timedelta(hours=1)))

    text = encode(replace(PLACED, occurred_at=in_paris))

    assert text == encode(PLACED)


def test_instant_without_a_zone_is_not_written():
    with pytest.raises(MalformedValue, match="without a time zone"):
        encode(replace(PLACED, occurred_at=datetime(2011, 8, 1)))  # noqa: DTZ001


def test_unknown_fields_are_ignored_at_every_depth():
    text = _changed("data.lines.0.colour", "white").replace('"data":', '"newattribute":1,"data":')

    assert decode(text) == PLACED


def test_absent_field_takes_its_default():
    event = json.loads(encode(ENVELOPES["ordering.order_history_snapshot_taken.v1"]))
    del event["data"]["orders"][0]["returned_pence"]

    assert decode(json.dumps(event)).data.orders[0].returned_pence == 0


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("id", "not-a-uuid", "badly formed"),
        ("id", ..., "id: expected text"),
        ("type", ..., "type: expected text"),
        ("subject", "shelf/1", "not a stream name"),
        ("subject", "customer/", "not a stream name"),
        ("sequence", "two", "invalid literal"),
        ("sequence", 2, "sequence: expected text"),
        ("time", "yesterday", "time: expected an ISO 8601 instant"),
        ("time", "2011-08-01T10:00:00", "time: instant without a time zone"),
        ("traceparent", 1, "traceparent: expected text"),
        ("data", ..., "data: expected an object, got null"),
        ("data.total_pence", ..., "data.total_pence: missing"),
        ("data.total_pence", "12", "data.total_pence: expected int, got str"),
        ("data.total_pence", True, "data.total_pence: expected int, got bool"),
        ("data.customer_id", "17850", "data.customer_id: expected int, got str"),
        ("data.lines", {}, "data.lines: expected a list, got dict"),
        ("data.lines.1.quantity", None, r"data.lines\[1\].quantity: expected int, got null"),
    ],
)
def test_malformed_event_is_refused_naming_the_place(path, value, complaint):
    text = _changed(path, value)

    with pytest.raises(MalformedEvent, match=complaint):
        decode(text)


def test_malformed_item_is_refused_naming_its_index():
    text = encode(PLACED).replace('"lines":[', '"lines":[4,')

    with pytest.raises(MalformedEvent, match=r"data\.lines\[0\]: expected an object, got int"):
        decode(text)


@dataclass(frozen=True)
class Holiday:
    begins_on: date


def test_day_is_written_as_such_and_read_back():
    assert to_plain(Holiday(date(2011, 8, 29))) == {"begins_on": "2011-08-29"}
    assert from_plain(Holiday, {"begins_on": "2011-08-29"}) == Holiday(date(2011, 8, 29))


@pytest.mark.parametrize("text", ["2011-08-32", "2011-08-29T00:00:00+00:00", "", 20110829, None])
def test_other_text_is_no_day(text):
    with pytest.raises(MalformedValue, match="begins_on: expected an ISO 8601 day"):
        from_plain(Holiday, {"begins_on": text})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"'])
def test_text_that_is_no_event_is_refused(text):
    with pytest.raises(MalformedEvent):
        decode(text)


def test_unregistered_type_is_refused():
    with pytest.raises(UnknownEvent, match=r"ordering\.order_amended\.v1"):
        decode(_changed("type", "ordering.order_amended.v1"))


def test_unregistered_class_has_no_type():
    with pytest.raises(UnknownEvent, match="OrderedLine"):
        event_type_of(LANTERN)


def test_fact_of_an_app_that_the_reader_does_not_read_counts_for_its_version_only():
    text = _changed("type", "customers.customer_erased.v1")

    envelope = decode(text, reads={"ordering"})

    assert (envelope.version, envelope.data) == (PLACED.version, None)


def test_unregistered_fact_of_an_app_that_the_reader_reads_is_refused():
    with pytest.raises(UnknownEvent):
        decode(_changed("type", "ordering.order_amended.v1"), reads={"ordering"})


SNAPSHOT = "ordering.customer_orders_snapshot_taken.v1"


def test_snapshot_that_the_reader_takes_over_is_read_whole():
    taken = ENVELOPES[SNAPSHOT]

    assert decode(encode(taken), reads={"ordering"}, snapshots={SNAPSHOT}) == taken
    assert decode(encode(taken), reads={"ordering"}) == taken


@pytest.mark.parametrize("event_type", [SNAPSHOT, "ordering.shelves_snapshot_taken.v3"])
def test_snapshot_of_another_kind_is_read_without_data_whether_or_not_it_is_known(event_type):
    text = _referring(type=event_type)

    envelope = decode(
        text,
        reads={"ordering"},
        snapshots={"ordering.order_history_snapshot_taken.v1"},
        fetch=_never,
    )

    assert (envelope.event_type, envelope.data) == (event_type, None)


def test_fact_of_an_app_that_the_reader_reads_is_read_whole():
    envelope = decode(encode(PLACED), reads={"ordering"})

    assert envelope == PLACED
    assert isinstance(envelope.data, OrderPlaced)


def _referring(**changes: Any) -> str:
    """Write the example order without its data, but with a reference to it."""
    event = json.loads(encode(PLACED)) | {"dataref": "s3://claims/any"} | changes
    del event["data"]
    return json.dumps(event)


def test_data_that_is_elsewhere_is_fetched_by_reference_and_id():
    asked = []

    def fetch(dataref: str, event_id: UUID) -> str:
        asked.append((dataref, event_id))
        return json.dumps(json.loads(encode(PLACED))["data"])

    assert decode(_referring(), fetch=fetch) == PLACED
    assert asked == [("s3://claims/any", PLACED.event_id)]


def test_reference_is_not_taken_for_an_event_where_nothing_can_be_fetched():
    with pytest.raises(MalformedEvent, match="data: not here, but at s3://claims/any"):
        decode(_referring())


def test_reference_that_is_no_text_is_refused():
    with pytest.raises(MalformedEvent, match="dataref: expected text"):
        decode(_referring(dataref=1), fetch=lambda *_: "{}")


@pytest.mark.parametrize(
    ("fetched", "complaint"), [("{", "Expecting property name"), ("{}", "missing")]
)
def test_fetched_data_is_held_to_its_contract(fetched, complaint):
    with pytest.raises(MalformedEvent, match=complaint):
        decode(_referring(), fetch=lambda *_: fetched)


def test_data_that_is_here_is_not_fetched():
    text = json.dumps(json.loads(encode(PLACED)) | {"dataref": "s3://claims/any"})

    assert decode(text, fetch=_never) == PLACED


def test_data_that_does_not_matter_to_the_reader_is_not_fetched():
    envelope = decode(_referring(), reads={"catalogue"}, fetch=_never)

    assert (envelope.version, envelope.data) == (PLACED.version, None)


def _never(dataref: str, _event_id: UUID) -> str:
    raise AssertionError(f"fetched {dataref}")


def test_every_event_type_names_its_app_fact_and_version():
    apps = {cls.__module__.rpartition(".")[2] for cls in EVENT_CLASSES.values()}

    assert all(name.split(".")[0] in apps for name in EVENT_CLASSES)
    assert all(
        name.split(".")[0] == cls.__module__.rpartition(".")[2]
        for name, cls in EVENT_CLASSES.items()
    )
    assert all(name.split(".")[2].startswith("v") for name in EVENT_CLASSES)


@dataclass(frozen=True)
class Anything:
    data: Any


@pytest.mark.parametrize("data", [None, 1, "x", [1, {"y": None}], {"x": [1]}])
def test_any_is_whatever_json_can_hold(data):
    assert from_plain(Anything, to_plain(Anything(data))) == Anything(data)
