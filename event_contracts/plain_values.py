"""Frozen dataclasses to plain JSON values and back, with errors that name the field.

Readers are tolerant: a field they do not know is ignored, a field with a default may be absent.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = (str, int, NoneType)


class MalformedValue(Exception):
    """A value is missing or has another shape than its contract; the message names the field."""


def to_plain(value: Any) -> Any:
    """Turn a contract value into what `json` can write: days and instants (in UTC) as ISO 8601.

    Raises:
        MalformedValue: an instant has no time zone.
    """
    if isinstance(value, _PLAIN):
        return value  # most values are; the other questions take longer
    names = _field_names(value.__class__)
    if names is not None:
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, datetime):
        return write_instant(value)
    return value.isoformat() if isinstance(value, date) else value


@cache
def _field_names(cls: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else None


def write_instant(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC.

    Raises:
        MalformedValue: it has no time zone.
    """
    if instant.tzinfo is UTC:
        return instant.isoformat()
    if instant.tzinfo is None:
        raise MalformedValue(f"instant without a time zone: {instant.isoformat()}")
    return instant.astimezone(UTC).isoformat()


def from_plain(cls: type, value: Any, *, where: str = "") -> Any:
    """Build a contract value of class `cls` from plain JSON values.

    Raises:
        MalformedValue: something is missing or misshapen; the message begins with its path.
    """
    if not isinstance(value, dict):
        raise MalformedValue(f"{where or cls.__name__}: expected an object, got {_name(value)}")
    return cls(
        **{
            name: _read(hint, value[name], f"{where}.{name}" if where else name)
            for name, hint, required in _shape(cls)
            if _is_present(name, value, where, required=required)
        }
    )


@cache
def _shape(cls: type) -> tuple[tuple[str, Any, bool], ...]:
    hints = get_type_hints(cls)
    return tuple((field.name, hints[field.name], field.default is MISSING) for field in fields(cls))


def _is_present(name: str, value: dict[str, Any], where: str, *, required: bool) -> bool:
    if name in value:
        return True
    if required:
        raise MalformedValue(f"{where}.{name}: missing" if where else f"{name}: missing")
    return False


def _read(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, UnionType):
        return _read_optional(hint, value, where)
    if get_origin(hint) is tuple:
        return _read_tuple(get_args(hint)[0], value, where)
    if is_dataclass(hint):
        return from_plain(hint, value, where=where)  # type: ignore[arg-type]
    if hint in _TIMES:
        return _TIMES[hint](value, where)
    if hint is Any:  # whatever JSON can hold
        return value
    # A bool is an int to Python, never to a contract.
    if type(value) is not hint:
        raise MalformedValue(f"{where}: expected {hint.__name__}, got {_name(value)}")
    return value


def _read_optional(hint: UnionType, value: Any, where: str) -> Any:
    if value is None:
        return None
    inner = next(arg for arg in get_args(hint) if arg is not NoneType)
    return _read(inner, value, where)


def _read_tuple(item: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise MalformedValue(f"{where}: expected a list, got {_name(value)}")
    return tuple(_read(item, each, f"{where}[{index}]") for index, each in enumerate(value))


def read_instant(value: Any, where: str) -> datetime:
    """Read an aware instant.

    Raises:
        MalformedValue: not ISO 8601, or without a time zone.
    """
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise MalformedValue(f"{where}: expected an ISO 8601 instant, got {value!r}") from None
    if instant.tzinfo is None:
        raise MalformedValue(f"{where}: instant without a time zone: {value!r}")
    return instant


def _read_day(value: Any, where: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise MalformedValue(f"{where}: expected an ISO 8601 day, got {value!r}") from None


_TIMES: dict[Any, Callable[[Any, str], date]] = {datetime: read_instant, date: _read_day}


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__
