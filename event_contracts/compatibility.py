"""May one schema of an event follow another? Exact for the JSON Schemas that contracts have.

Producers write closed schemas, consumers read open ones. A change is compatible when old consumers
can read what new producers write, and new consumers can replay what old producers wrote. Comparing
open with open, or closed with closed, would refuse the harmless "add an optional field".
"""

from __future__ import annotations

from event_contracts.json_schema import Schema, open_schema

_KEYWORDS = {
    "additionalProperties",
    "anyOf",
    "format",
    "items",
    "maximum",
    "minimum",
    "properties",
    "required",
    "type",
}


class UnknownKeyword(Exception):
    """The schema says something that this check does not understand, so it refuses to judge."""


def old_consumers_read_new(*, old: Schema, new: Schema) -> bool:
    """Tell whether `new_closed ⊆ old_open`; both schemas are given closed."""
    return is_included(new, open_schema(old))


def new_consumers_replay_old(*, old: Schema, new: Schema) -> bool:
    """Tell whether `old_closed ⊆ new_open`; both schemas are given closed."""
    return is_included(old, open_schema(new))


def is_included(part: Schema, whole: Schema) -> bool:
    """Tell whether every value that `part` accepts is accepted by `whole` too.

    Raises:
        UnknownKeyword: a schema is outside the subset that contracts are written in.
    """
    return all(
        any(_fits(each, alternative) for alternative in _alternatives(whole))
        for each in _alternatives(part)
    )


def _alternatives(schema: Schema) -> list[Schema]:
    if unknown := schema.keys() - _KEYWORDS:
        raise UnknownKeyword(", ".join(sorted(unknown)))
    alternatives: list[Schema] = schema.get("anyOf", [schema])
    return alternatives


def _fits(part: Schema, whole: Schema) -> bool:
    if part["type"] != whole["type"]:
        return False
    match part["type"]:
        case "object":
            return _object_fits(part, whole)
        case "array":
            return is_included(part["items"], whole["items"])
        case "string":
            return whole.get("format") in (None, part.get("format"))
        case "integer":
            return _range_fits(part, whole)
    return True


def _object_fits(part: Schema, whole: Schema) -> bool:
    if not set(whole["required"]) <= set(part["required"]):
        return False
    if _is_closed(whole) and not (
        _is_closed(part) and part["properties"].keys() <= whole["properties"].keys()
    ):
        return False
    return all(
        is_included(part["properties"][name], schema)
        if name in part["properties"]
        # An open object may carry anything under a name it does not declare; a closed one, nothing.
        else _is_closed(part)
        for name, schema in whole["properties"].items()
    )


def _is_closed(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False


def _range_fits(part: Schema, whole: Schema) -> bool:
    lowest, highest = float("-inf"), float("inf")
    return bool(
        whole.get("minimum", lowest) <= part.get("minimum", lowest)
        and part.get("maximum", highest) <= whole.get("maximum", highest)
    )
