"""The reads that are moving out, each declared once by the app that owns it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from event_contracts.checksums import digest_of
from monolith.strangler.comparison import Difference, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

Query = TypeVar("Query")
Answer = TypeVar("Answer")

TWIN = "~drill"
"""Ends the name of a path's twin."""

ANY_SHAPE = "any"
"""The one shape of questions that nobody told apart."""

PAGE_SECONDS = 0.4
"""For how long a page waits for a service, unless the path or the settings say otherwise."""


class PathNotDeclared(Exception):
    """No moving read has this name."""

    def __init__(self, name: str) -> None:
        known = ", ".join(names()) or "none"
        super().__init__(f"no read path is called {name!r} (declared: {known})")


class PathAlreadyDeclared(Exception):
    """Two reads claim one name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the read path {name!r} is declared twice")


class MonolithGone(LookupError):
    """The monolith's own query was deleted: only the service can answer."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is retired: the monolith cannot answer it any more")


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
    Where `count()` is declared, it can be told how long a backfill will take; where `known(keys)`
    is, which keys of the service's the monolith has, too.
    """

    keys_after: Callable[[str, int], Sequence[str]]
    stream_of: Callable[[str], str]
    snapshot: Callable[[str], object]
    first_query: Callable[[str], Query]
    next_query: Callable[[Query, Answer], Query | None]
    count: Callable[[], int] | None = None
    known: Callable[[Sequence[str]], Iterable[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatSource(Generic[Query]):
    """Signs of life that travel down a path as its facts do, and touch nobody's answer.

    They are recorded on the stream of a reserved `key`, which no customer has: `event(sent_at)` is
    one of them, and `query` asks for the key's answer, whose version tells which have arrived.
    """

    key: str
    stream: str
    event: Callable[[datetime], object]
    query: Query


def _nobody(_query: object) -> None:
    """Say that a read is about nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Generic[Query, Answer]):
    """How several questions are put to a service in one request.

    `request(queries)` asks them all; `parts(answer)` are their answers, in the same order, each as
    if its question had been asked alone.
    """

    request: Callable[[Sequence[Query]], ServiceRequest]
    parts: Callable[[Answer], Sequence[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingRead(Generic[Query, Answer]):
    """One read that the monolith and a service can both answer.

    `answer_class` is the contract that the service's JSON must have; `version_of(answer)` is the
    version of the stream `stream_of(query)` that an answer reflects. Where an answer reflects many
    streams, `stream_of` says None and the version is the sum of theirs: nobody is promised to find
    what they just wrote, and equal sums are equal states, for a service has no more of any stream
    than the monolith. Paths of one `family` move
    their customers together: `subject_of(query)` tells whom a read is about, if anybody. `sources`
    names the modules whose code makes the monolith's answer: when it changes, evidence is void.
    `monolith_answer` is None once its code is deleted: the path stands at retired then, for ever.
    `least_version(query)` is what an answer must have, whatever was written to its stream.
    `read_at` is where clients of the monolith's API read it. A read that people wait for longer
    than for a page, a report say, has `timeout_seconds` of its own; `for_staff` says that staff are
    whom it is for, so that a canary takes them in like anybody. Where a page asks several questions
    of one read, `together` says how they go to the service in one request.

    What comparing needs: `subjects_in(answer)` names everybody whose objects an answer holds.
    `shape_of(query)` is one of `shapes`, the kinds of question that must all have been compared;
    `sample_queries(n)` makes up questions of every shape about n keys. Of `query_class`, questions
    can be written down and asked again.

    For reconciliation, a service may answer `checksum_request(keys)` with a `Checksum` over the
    digests that `digest_of(key, pages)` gives to whole answers, and `keys_request(after)` with a
    `KeyList`. Without the one, every key is compared page by page; without the other, nobody looks
    for keys that only the service has.
    """

    name: str
    family: str
    monolith_answer: Callable[[Query], Answer] | None
    service_request: Callable[[Query], ServiceRequest]
    answer_class: type[Answer]
    version_of: Callable[[Answer], int]
    stream_of: Callable[[Query], str | None]
    source: SnapshotSource[Query, Answer]
    subject_of: Callable[[Query], str | None] = _nobody
    sources: tuple[str, ...] = ()
    compare: Callable[[Answer, Answer], tuple[Difference, ...]] = differences
    least_version: Callable[[Query], int] = lambda _query: 0
    subjects_in: Callable[[Answer], Iterable[str]] = lambda _answer: ()
    shape_of: Callable[[Query], str] = lambda _query: ANY_SHAPE
    shapes: tuple[str, ...] = (ANY_SHAPE,)
    sample_queries: Callable[[int], Iterable[Query]] = lambda _keys: ()
    query_class: type[Query] | None = None
    checksum_request: Callable[[Sequence[str]], ServiceRequest] | None = None
    digest_of: Callable[[str, Sequence[Answer]], str] = digest_of
    keys_request: Callable[[str | None], ServiceRequest] | None = None
    heartbeat: HeartbeatSource[Query] | None = None
    read_at: str = ""
    timeout_seconds: float | None = None
    for_staff: bool = False
    together: Together[Query, Answer] | None = None

    @property
    def is_about_somebody(self) -> bool:
        """Tell whether each read has somebody whom it is about."""
        return self.subject_of is not _nobody

    @property
    def times_as_patient(self) -> float:
        """How many times as long as for a page people wait for this read."""
        return (self.timeout_seconds or PAGE_SECONDS) / PAGE_SECONDS

    @property
    def has_monolith(self) -> bool:
        """Tell whether the monolith can still answer."""
        return self.monolith_answer is not None

    def ask_monolith(self, query: Query) -> Answer:
        """Return the monolith's answer.

        Raises:
            MonolithGone: its code was deleted. What its query raises is raised, too.
        """
        if self.monolith_answer is None:
            raise MonolithGone(self.name)
        return self.monolith_answer(query)


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
    if name in _declared:
        return _declared[name]
    original = original_of(name)
    if original != name and original in _declared:
        return twin_of(_declared[original])
    raise PathNotDeclared(name)


def twin_of(path: MovingRead[Any, Any]) -> MovingRead[Any, Any]:
    """Return a path's twin: the same read under another name, with a state and a cohort of its own.

    Disasters are rehearsed on it, and no customer is ever answered by it.
    """
    return replace(path, name=path.name + TWIN, family=path.family + TWIN)


def original_of(name: str) -> str:
    """Return the name of the path whose twin this is; of a path, its own."""
    return name.removesuffix(TWIN)


@contextmanager
def standing_in(path: MovingRead[Any, Any]) -> Iterator[None]:
    """Let another declaration stand in for that of its name, in this process."""
    before = _declared.get(path.name)
    _declared[path.name] = path
    try:
        yield
    finally:
        if before is None:
            del _declared[path.name]
        else:
            _declared[path.name] = before


def names() -> list[str]:
    """List the names of all declared paths; their twins are not among them."""
    return sorted(name for name in _declared if not name.endswith(TWIN))


def sources() -> set[str]:
    """Name every module whose code makes an answer."""
    return {source for path in _declared.values() for source in path.sources}
