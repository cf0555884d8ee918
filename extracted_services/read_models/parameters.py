"""Reading the parameters of a request; what cannot be read is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from event_contracts.checksums import MOST_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

T = TypeVar("T")
Text = TypeVar("Text", str, str | None)

LARGEST_ID = 2**63 - 1


class BadParameter(Exception):
    """A parameter of the request cannot be read; `name` tells which."""

    def __init__(self, name: str, complaint: str) -> None:
        """Name the parameter and say what is wrong with it."""
        super().__init__(f"{name}: {complaint}")
        self.name = name


def check_names(parameters: Mapping[str, str], known: Collection[str]) -> None:
    """See that there is nothing unknown: ignoring it would answer another question.

    Raises:
        BadParameter: there is.
    """
    for name in parameters.keys() - known:
        raise BadParameter(name, "no such parameter")


def read(name: str, text: Text, reader: Callable[[Text], T]) -> T:
    """Read a parameter with a reader that raises ValueError or OverflowError.

    Raises:
        BadParameter: it did.
    """
    try:
        return reader(text)
    except (ValueError, OverflowError) as error:
        raise BadParameter(name, str(error)) from error


def find(parameters: Mapping[str, str], name: str, reader: Callable[[str], T]) -> T | None:
    """Read a parameter that may be left out.

    Raises:
        BadParameter: it is there and cannot be read.
    """
    return read(name, parameters[name], reader) if name in parameters else None


def read_keys(parameters: Mapping[str, str], reader: Callable[[str], object]) -> list[str]:
    """Read what a checksum is asked for: `ids`, separated by commas, at most a hundred.

    Raises:
        BadParameter: there are none, too many, one cannot be read, or there is more.
    """
    check_names(parameters, {"ids"})
    ids = parameters.get("ids", "").split(",")
    if len(ids) > MOST_KEYS:
        raise BadParameter("ids", f"more than {MOST_KEYS}")
    return [str(read("ids", each, reader)) for each in ids]


def read_place_in_list(parameters: Mapping[str, str]) -> str | None:
    """Read behind which key a list goes on; None: from its start.

    Raises:
        BadParameter: there is something else.
    """
    check_names(parameters, {"after"})
    return parameters.get("after")


def identity(text: str) -> int:
    """Read the number of a customer, say.

    Raises:
        ValueError: it is none.
    """
    return whole_number(text, 1, LARGEST_ID)


def whole_number(text: str, smallest: int, largest: int) -> int:
    """Read a whole number within bounds.

    Raises:
        ValueError: it is none.
    """
    if text.isascii() and text.isdigit() and smallest <= int(text) <= largest:
        return int(text)
    raise ValueError(f"expected a whole number from {smallest} to {largest}")


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant with a time zone, as UTC.

    Raises:
        OverflowError: it is at the end of time.
        ValueError: it is none.
    """
    read_instant = datetime.fromisoformat(text)
    if read_instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone")
    return read_instant.astimezone(UTC)
