"""The reads that are moving out, each declared once by the app that owns it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from monolith.strangler.comparison import Difference, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Query = TypeVar("Query")
Answer = TypeVar("Answer")


class PathNotDeclared(Exception):
    """No moving read has this name."""

    def __init__(self, name: str) -> None:
        known = ", ".join(names()) or "none"
        super().__init__(f"no read path is called {name!r} (declared: {known})")


class PathAlreadyDeclared(Exception):
    """Two reads claim one name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the read path {name!r} is declared twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRequest:
    """What to GET from the service: a path below its address, and the query parameters."""

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSource(Generic[Query, Answer]):
    """How to walk over everything the path can be asked about, key by key. Keys are text.

    `keys_after(after, limit)` lists keys in a fixed order, from the start when `after` is empty.
    `snapshot(key)` builds the event that states everything as of now, while the stream is locked.
    `first_query(key)` and `next_query(query, answer)` page through the key's whole answer.
    """

    keys_after: Callable[[str, int], Sequence[str]]
    stream_of: Callable[[str], str]
    snapshot: Callable[[str], object]
    first_query: Callable[[str], Query]
    next_query: Callable[[Query, Answer], Query | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingRead(Generic[Query, Answer]):
    """One read that the monolith and a service can both answer.

    `answer_class` is the contract that the service's JSON must have; `version_of(answer)` is the
    version of the stream `stream_of(query)` that an answer reflects. Paths of one `family` move
    their customers together. `monolith_answer` is None once its code is deleted: the path stands at
    retired then, for ever. `read_at` is where clients of the monolith's API read it.
    """

    name: str
    family: str
    monolith_answer: Callable[[Query], Answer] | None
    service_request: Callable[[Query], ServiceRequest]
    answer_class: type[Answer]
    version_of: Callable[[Answer], int]
    stream_of: Callable[[Query], str]
    source: SnapshotSource[Query, Answer]
    compare: Callable[[Answer, Answer], tuple[Difference, ...]] = differences
    read_at: str = ""

    @property
    def has_monolith(self) -> bool:
        """Tell whether the monolith can still answer."""
        return self.monolith_answer is not None


_declared: dict[str, MovingRead[Any, Any]] = {}


def declare(path: MovingRead[Any, Any]) -> None:
    """Make a moving read known; declaring the same one again changes nothing.

    Raises:
        PathAlreadyDeclared: another read has this name.
    """
    if _declared.setdefault(path.name, path) is not path:
        raise PathAlreadyDeclared(path.name)


def get_path(name: str) -> MovingRead[Any, Any]:
    """Return the declaration of a path.

    Raises:
        PathNotDeclared: there is none of this name.
    """
    try:
        return _declared[name]
    except KeyError:
        raise PathNotDeclared(name) from None


def names() -> list[str]:
    """List the names of all declared paths."""
    return sorted(_declared)
