"""Faults that are put between the monolith and a service: what comes back is not what was sent."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from event_contracts.plain_values import from_plain, to_plain
from monolith.strangler.calling.clients import ServiceAnswer, ServiceTimeout, ServiceUnavailable
from monolith.strangler.deciding.ladder import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from monolith.strangler.calling.clients import Client
    from monolith.strangler.registry import MovingRead, ServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a service that is about to go wrong."""

    ask: Callable[[ServiceRequest | None], ServiceAnswer]
    answer_class: type
    deadline: float
    other: Callable[[], ServiceRequest]
    version_of: Callable[[Any], int]
    subjects_in: Callable[[Any], Iterable[str]]

    def says_alike(self, one: Any, other: Any) -> bool:
        """Tell whether two answers are of one version, and about the same people."""
        is_of_one_version = self.version_of(one) == self.version_of(other)
        return is_of_one_version and {*self.subjects_in(one)} == {*self.subjects_in(other)}


def _error(_call: Call) -> ServiceAnswer:
    raise ServiceUnavailable("a drill hung up")


def _slow(call: Call) -> ServiceAnswer:
    """Answer after the deadline: whoever waits has gone by then."""
    time.sleep(max(call.deadline - time.monotonic(), 0))
    raise ServiceTimeout("a drill took too long")


def _wrong(call: Call) -> ServiceAnswer:
    """Change one value of the right answer, of the same version and of the same people.

    Where nothing can be, as in an empty answer, it stays right: another fault would be found.
    """
    answer = call.ask(None)
    for spoilt in _each_value_spoilt(to_plain(answer.value)):
        value = _read(call.answer_class, spoilt)
        if value is not None and value != answer.value and call.says_alike(value, answer.value):
            return ServiceAnswer(value=value, build=answer.build)
    return answer


def _leak(call: Call) -> ServiceAnswer:
    """Answer somebody else's rows."""
    return call.ask(call.other())


def _none(call: Call) -> ServiceAnswer:
    return call.ask(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, in how many calls (basis points), and by how much the service is behind.

    Of a read that people wait ten times as long for, a drill asks a tenth as often: ten times the
    share goes wrong then, so that as much does in a minute. `shows_at_equal_versions` says that
    it is looked for in answers of the monolith's version only: the less often they are that, the
    larger the share.

    `watches` name those that have to find it.
    """

    name: str
    spoil: Callable[[Call], ServiceAnswer]
    share_bp: int
    versions_behind: int = 0
    shows_at_equal_versions: bool = False
    watches: frozenset[str] = frozenset()

    def share(self, *, times_as_patient: float, judged: float) -> int:
        """Return how many calls go wrong, in basis points: half of them at most.

        `judged` is the share of comparisons, above 0, in which both sides had the same version.
        """
        rarity = judged if self.shows_at_equal_versions else 1.0
        return min(round(self.share_bp * times_as_patient / rarity), WHOLE // 2)


FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(
            name="stale", spoil=_none, share_bp=0, versions_behind=1, watches=frozenset({"stale"})
        ),
        Fault(
            name="wrong",
            spoil=_wrong,
            share_bp=200,
            shows_at_equal_versions=True,
            watches=frozenset({"wrong", "extra"}),
        ),
        Fault(name="slow", spoil=_slow, share_bp=200, watches=frozenset({"errors"})),
        Fault(name="error", spoil=_error, share_bp=200, watches=frozenset({"errors"})),
        Fault(name="leak", spoil=_leak, share_bp=200, watches=frozenset({"leak"})),
    )
}


def faults_of(path: MovingRead[Any, Any]) -> list[str]:
    """Name the faults that can be put into a path: of nobody's read there is nobody else's."""
    return [name for name in FAULTS if name != "leak" or path.is_about_somebody]


class SpoiltClient:
    """Stands in for a path's client, and spoils the share of its calls that a fault says."""

    def __init__(
        self,
        inner: Client,
        fault: Fault,
        *,
        is_drawn: Callable[[], bool],
        other: Callable[[], ServiceRequest],
        version_of: Callable[[Any], int],
        subjects_in: Callable[[Any], Iterable[str]],
    ) -> None:
        self._inner, self._fault = inner, fault
        self._is_drawn, self._other = is_drawn, other
        self._version_of, self._subjects_in = version_of, subjects_in

    @property
    def last_build(self) -> str:
        """The build that gave the latest answer."""
        return self._inner.last_build

    def get(
        self, path: str, parameters: Mapping[str, str], *, answer_class: type, deadline: float
    ) -> Any:
        """Return the service's answer, or something worse."""
        return self.get_answer(path, parameters, answer_class=answer_class, deadline=deadline).value

    def get_answer(
        self, path: str, parameters: Mapping[str, str], *, answer_class: type, deadline: float
    ) -> ServiceAnswer:
        """Return the service's answer and who gave it, or something worse."""

        def ask(instead: ServiceRequest | None) -> ServiceAnswer:
            where = (instead.path, instead.parameters) if instead else (path, parameters)
            return self._inner.get_answer(*where, answer_class=answer_class, deadline=deadline)

        call = Call(
            ask=ask,
            answer_class=answer_class,
            deadline=deadline,
            other=self._other,
            version_of=self._version_of,
            subjects_in=self._subjects_in,
        )
        return self._fault.spoil(call) if self._is_drawn() else ask(None)


def _each_value_spoilt(plain: Any) -> Iterator[Any]:
    """Yield copies of a plain answer, each with one value changed: amounts before words.

    The deepest come first: what stands on top says whose the answer is, and of which version.
    """
    places = sorted(_places(plain), key=lambda place: (place[1], -len(place[0])))
    for way, _ in places:
        yield _spoilt(plain, way)


def _places(plain: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Yield the way to each value that can be changed, and whether that is a word."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(plain, dict):
        inner = plain.items()
    elif isinstance(plain, list):
        inner = enumerate(plain)
    elif isinstance(plain, str | int) and not isinstance(plain, bool):
        yield way, isinstance(plain, str)
    for name, value in inner:
        yield from _places(value, (*way, name))


def _spoilt(plain: Any, way: tuple[Any, ...]) -> Any:
    if not way:
        return f"{plain}*" if isinstance(plain, str) else plain + 1
    copy = dict(plain) if isinstance(plain, dict) else list(plain)
    copy[way[0]] = _spoilt(plain[way[0]], way[1:])
    return copy


def _read(answer_class: type, plain: Any) -> Any | None:
    try:
        return from_plain(answer_class, plain)
    except ValueError:
        return None
