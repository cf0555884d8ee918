"""The gate: no published event may change so that somebody who reads it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime  # noqa: TC003 - the schema is made of a field's type at run time
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from event_contracts.compatibility import (
    UnknownKeyword,
    is_included,
    new_consumers_replay_old,
    old_consumers_read_new,
)
from event_contracts.json_schema import Schema, closed_schema, open_schema
from event_contracts.plain_values import to_plain
from event_contracts.registry import EVENT_CLASSES
from event_contracts.snapshots import (
    SCHEMAS,
    list_revisions,
    read_schemas,
    to_text,
    write_changed_schemas,
)
from tests.event_contracts.examples import ENVELOPES

INTEGER: Schema = {"type": "integer"}
NOT_NEGATIVE: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
INTEGER_OR_NULL: Schema = {"anyOf": [INTEGER, {"type": "null"}]}


def _closed(properties: dict[str, Schema], required: str = "") -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


QUANTITY = _closed({"quantity": INTEGER}, "quantity")


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_old_consumers_read_what_is_written_now(event_type):
    new = closed_schema(EVENT_CLASSES[event_type])

    assert all(old_consumers_read_new(old=old, new=new) for old in read_schemas(event_type))


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_what_was_ever_written_is_still_replayed(event_type):
    new = closed_schema(EVENT_CLASSES[event_type])

    assert all(new_consumers_replay_old(old=old, new=new) for old in read_schemas(event_type))


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_newest_published_schema_is_that_of_the_class(event_type):
    newest = list_revisions(SCHEMAS, event_type)[-1]

    assert newest.read_text() == to_text(closed_schema(EVENT_CLASSES[event_type])), (
        "the class changed: python -m event_contracts.snapshots adds a revision"
    )


def test_every_published_schema_belongs_to_an_event():
    published = {
        path for event_type in EVENT_CLASSES for path in list_revisions(SCHEMAS, event_type)
    }

    assert published == set(SCHEMAS.iterdir())


def test_nothing_is_published_again_while_nothing_changed():
    assert write_changed_schemas() == []


def test_changed_class_gets_a_revision_beside_the_old_one(tmp_path, monkeypatch):
    event_type = "catalogue.product_sold_out.v1"
    (tmp_path / f"{event_type}.json").write_text(to_text(_closed({})))
    monkeypatch.setattr("event_contracts.snapshots.SCHEMAS", tmp_path)

    written = write_changed_schemas()

    assert tmp_path / f"{event_type}.1.json" in written
    assert [path.name for path in list_revisions(tmp_path, event_type)] == [
        f"{event_type}.json",
        f"{event_type}.1.json",
    ]


@pytest.mark.parametrize(
    ("old", "new", "old_reads_new", "new_replays_old"),
    [
        pytest.param(QUANTITY, QUANTITY, True, True, id="nothing"),
        pytest.param(
            QUANTITY,
            _closed({"quantity": INTEGER, "note": TEXT}, "quantity"),
            True,
            True,
            id="add optional",
        ),
        pytest.param(
            QUANTITY,
            _closed({"quantity": INTEGER, "note": TEXT}, "quantity note"),
            True,
            False,
            id="add required",
        ),
        pytest.param(
            QUANTITY, _closed({"quantity": INTEGER}), False, True, id="required to optional"
        ),
        pytest.param(QUANTITY, _closed({}), False, True, id="remove field"),
        pytest.param(QUANTITY, _closed({"quantity": TEXT}, "quantity"), False, False, id="retype"),
        pytest.param(
            QUANTITY,
            _closed({"quantity": INTEGER_OR_NULL}, "quantity"),
            False,
            True,
            id="widen to null",
        ),
        pytest.param(
            QUANTITY,
            _closed({"quantity": NOT_NEGATIVE}, "quantity"),
            True,
            False,
            id="narrow range",
        ),
        pytest.param(
            _closed({"at": TEXT}, "at"),
            _closed({"at": INSTANT}, "at"),
            True,
            False,
            id="text to instant",
        ),
    ],
)
@pytest.mark.parametrize("nested", [False, True], ids=["", "within a list"])
def test_each_kind_of_change_is_judged(old, new, old_reads_new, new_replays_old, nested):
    if nested:
        old, new = (
            _closed({"lines": {"type": "array", "items": each}}, "lines") for each in (old, new)
        )

    assert old_consumers_read_new(old=old, new=new) is old_reads_new
    assert new_consumers_replay_old(old=old, new=new) is new_replays_old


def test_open_object_may_carry_anything_under_an_undeclared_name():
    assert not is_included(open_schema(_closed({})), open_schema(_closed({"quantity": INTEGER})))


def test_open_object_does_not_fit_into_a_closed_one():
    assert not is_included(open_schema(QUANTITY), QUANTITY)


def test_schema_beyond_what_contracts_use_is_not_judged():
    with pytest.raises(UnknownKeyword, match="pattern"):
        is_included({"type": "string", "pattern": "B.*"}, TEXT)


def test_schema_says_what_the_class_says():
    @dataclass(frozen=True)
    class Parcel:
        weighed_at: datetime | None
        due_on: date
        labels: tuple[str, ...]
        is_fragile: bool = False

    schema = closed_schema(Parcel)

    assert schema == {
        "type": "object",
        "properties": {
            "weighed_at": {"anyOf": [INSTANT, {"type": "null"}]},
            "due_on": {"type": "string", "format": "date"},
            "labels": {"type": "array", "items": TEXT},
            "is_fragile": {"type": "boolean"},
        },
        "required": ["weighed_at", "due_on", "labels"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_example_is_valid_by_its_closed_schema(event_type):
    data: Any = to_plain(ENVELOPES[event_type].data)

    jsonschema.validate(data, closed_schema(EVENT_CLASSES[event_type]))


@pytest.mark.parametrize("event_type", EVENT_CLASSES)
def test_unknown_field_is_invalid_to_a_producer_and_valid_to_a_consumer(event_type):
    data = {**to_plain(ENVELOPES[event_type].data), "unknown": 1}
    closed = closed_schema(EVENT_CLASSES[event_type])

    jsonschema.validate(data, open_schema(closed))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, closed)
