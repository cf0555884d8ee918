"""JSON Schemas of the contracts: closed, as producers write them; open, as consumers read them."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

Schema = dict[str, Any]

_SCALARS: dict[type, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}


def closed_schema(cls: type) -> Schema:
    """Describe what a producer writes for a contract class: no field beyond those declared.

    A field with a default is not required, although our producer always writes it: whoever reads
    the schema may rely on no more than the declaration promises.
    """
    hints = get_type_hints(cls)
    return {
        "type": "object",
        "properties": {field.name: _schema_of(hints[field.name]) for field in fields(cls)},
        "required": [field.name for field in fields(cls) if field.default is MISSING],
        "additionalProperties": False,
    }


def open_schema(closed: Schema) -> Schema:
    """Describe what a consumer accepts: the same, with unknown fields allowed at every depth."""
    opened = {key: value for key, value in closed.items() if key != "additionalProperties"}
    if "properties" in opened:
        opened["properties"] = {
            name: open_schema(schema) for name, schema in opened["properties"].items()
        }
    if "items" in opened:
        opened["items"] = open_schema(opened["items"])
    if "anyOf" in opened:
        opened["anyOf"] = [open_schema(schema) for schema in opened["anyOf"]]
    return opened


def _schema_of(hint: Any) -> Schema:
    if isinstance(hint, UnionType):
        return {"anyOf": [_schema_of(alternative) for alternative in get_args(hint)]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of(get_args(hint)[0])}
    if is_dataclass(hint):
        return closed_schema(hint)  # type: ignore[arg-type]
    return _SCALARS[hint]
