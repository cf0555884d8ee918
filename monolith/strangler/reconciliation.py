"""Does the service answer for every key what the monolith answers? At equal versions, page by page.

What it cannot see: an error that both sides share, and requests with filters.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from monolith.strangler import clients, registry
from monolith.strangler.clients import ServiceError, ServiceRefused
from monolith.strangler.comparison import Difference, Kind, Outcome, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from monolith.strangler.clients import ServiceClient
    from monolith.strangler.registry import MovingRead

THREADS = 8
CHUNK_KEYS = 100
# Nobody waits for these answers, and all of the service's threads are asked at once.
BUDGET_SECONDS = 10.0
# A wrong answer is looked at again, in case both sides moved between two looks.
LOOKS_AT_WRONG = 3
_PAUSE_SECONDS = 0.5
# A service says so of a key whose snapshot has not arrived: `history-not-complete`.
_NOT_COMPLETE = "-not-complete"
# Nobody has that many pages: whoever says so goes round in a circle.
LONGEST_ANSWER_PAGES = 1_000


class ServiceAddressMissing(Exception):
    """There is nobody to ask."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no service is deployed for {path}: it has no address")


class AnswerWithoutEnd(Exception):
    """The pages of an answer never end."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the answer for {key} has more than {LONGEST_ANSWER_PAGES} pages")


class Final(StrEnum):
    """What became of a key in the end."""

    MATCH = "match"
    HEALED = "healed"  # did not match at first, did later
    STALE_OVERDUE = "stale overdue"
    MISSING = "missing"
    WRONG = "wrong"
    UNSETTLED = "unsettled"  # the monolith never stood still
    ERROR = "error"


_FINALLY = {
    Outcome.STALE: Final.STALE_OVERDUE,
    Outcome.MISSING: Final.MISSING,
    Outcome.MOVED: Final.UNSETTLED,
    Outcome.WRONG: Final.WRONG,
    Outcome.ERROR: Final.ERROR,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One key that does not match, and where."""

    key: str
    outcome: Outcome
    differences: tuple[Difference, ...] = ()
    looks: int = 1

    @property
    def final(self) -> Final:
        """What this finding is when nobody looks again."""
        return _FINALLY[self.outcome]


@dataclass(frozen=True, slots=True)
class Report:
    """How many keys ended how, and those that do not match."""

    path: str
    counts: dict[Final, int]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def keys(self) -> int:
        """How many keys were looked at."""
        return sum(self.counts.values())


def run(
    path_name: str,
    *,
    patience_seconds: float = 60.0,
    report: Callable[[int, str], None] = lambda _keys, _note: None,
) -> Report:
    """Compare the answers for every key; look again at what is behind for as long as that helps.

    Keys that do not match are looked at again until they do, or until no key was settled for
    `patience_seconds`. `report` is told keys settled, and a note about those that are not.

    Raises:
        PathNotDeclared: there is no such path.
        ServiceAddressMissing: no service is deployed for it.
    """
    path = registry.get_path(path_name)
    client = clients.client_for(path.name)
    if client is None:
        raise ServiceAddressMissing(path.name)
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="reconcile") as threads:
        look = _Look(path, client, threads)
        matched, open_findings = _look_at_all(look, report)
        healed, wrong, left = _look_until_settled(look, open_findings, patience_seconds, report)
    findings = (*wrong, *left)
    counts = Counter(finding.final for finding in findings)
    counts.update({Final.MATCH: matched, Final.HEALED: healed})
    return Report(path.name, dict(counts), findings, time.monotonic() - began)


class _Look:
    """Looks at keys on both sides: the service's answers arrive while the monolith's are read."""

    def __init__(
        self, path: MovingRead[Any, Any], client: ServiceClient, threads: ThreadPoolExecutor
    ) -> None:
        self.path, self._client, self._threads = path, client, threads

    def at(self, keys: list[str]) -> Iterator[Finding | None]:
        """Yield a finding for each key in turn, or None where the answers match."""
        asked: list[Future[list[Any]]] = [
            self._threads.submit(self._pages, key, self._service_answer) for key in keys
        ]
        for key, answering in zip(keys, asked, strict=True):
            yield self._finding(key, answering)

    def _finding(self, key: str, answering: Future[list[Any]]) -> Finding | None:
        monolith = self._pages(key, self.path.monolith_answer)
        try:
            service: list[Any] | None = answering.result()
        except ServiceRefused as error:
            if not error.problem.endswith(_NOT_COMPLETE):
                return Finding(key, Outcome.ERROR)
            service = None
        except (ServiceError, AnswerWithoutEnd):
            return Finding(key, Outcome.ERROR)
        found = _compare(self.path, monolith, service or [])
        outcome = self._outcome(monolith, service, found)
        return None if outcome is Outcome.MATCH else Finding(key, outcome, found)

    def _outcome(
        self, monolith: list[Any], service: list[Any] | None, found: tuple[Difference, ...]
    ) -> Outcome:
        monolith_versions = {self.path.version_of(page) for page in monolith}
        service_versions = {self.path.version_of(page) for page in service or []}
        if len(monolith_versions) > 1 or len(service_versions) > 1:
            return Outcome.MOVED
        return outcome_of(
            monolith_version=monolith_versions.pop(),
            service_version=service_versions.pop() if service_versions else None,
            found=found,
        )

    def _pages(self, key: str, answer: Callable[[Any], Any]) -> list[Any]:
        query = self.path.source.first_query(key)
        pages: list[Any] = []
        while query is not None:
            if len(pages) == LONGEST_ANSWER_PAGES:
                raise AnswerWithoutEnd(key)
            pages.append(answer(query))
            query = self.path.source.next_query(query, pages[-1])
        return pages

    def _service_answer(self, query: Any) -> Any:
        request = self.path.service_request(query)
        return self._client.get(
            request.path,
            request.parameters,
            answer_class=self.path.answer_class,
            deadline=time.monotonic() + BUDGET_SECONDS,
        )


def _look_at_all(look: _Look, report: Callable[[int, str], None]) -> tuple[int, list[Finding]]:
    matched, findings = 0, []
    after = ""
    while keys := list(look.path.source.keys_after(after, CHUNK_KEYS)):
        unsettled = [finding for finding in look.at(keys) if finding]
        settled = len(keys) - len(unsettled)
        matched += settled
        findings += unsettled
        after = keys[-1]
        report(settled, _waiting(findings))
        _let_catch_up(settled, len(unsettled))
    return matched, findings


def _look_until_settled(
    look: _Look,
    findings: list[Finding],
    patience_seconds: float,
    report: Callable[[int, str], None],
) -> tuple[int, list[Finding], list[Finding]]:
    """Return how many keys healed, the wrong ones, and what time did not heal."""
    healed, wrong = 0, []
    waiting = deque(findings)
    moved_at = time.monotonic()
    while waiting and time.monotonic() - moved_at <= patience_seconds:
        chunk = [waiting.popleft() for _ in range(min(CHUNK_KEYS, len(waiting)))]
        again = _look_again(look, chunk)
        wrong += [finding for finding in again if _is_wrong(finding)]
        waiting.extend(finding for finding in again if not _is_wrong(finding))
        if settled := len(chunk) - len(again):
            healed += settled
            moved_at = time.monotonic()
        report(settled, _waiting(waiting))
        _let_catch_up(settled, len(again))
    return healed, wrong, list(waiting)


def _let_catch_up(settled: int, unsettled: int) -> None:
    """Pause where most keys are behind: asking on would take time from catching up."""
    if unsettled > settled:
        time.sleep(_PAUSE_SECONDS)


def _look_again(look: _Look, findings: list[Finding]) -> list[Finding]:
    seen = {finding.key: finding for finding in findings}
    return [_after(seen[found.key], found) for found in look.at(list(seen)) if found]


def _after(before: Finding, now: Finding) -> Finding:
    looks = before.looks + 1 if before.outcome is now.outcome else 1
    return Finding(now.key, now.outcome, now.differences, looks)


def _is_wrong(finding: Finding) -> bool:
    return finding.outcome is Outcome.WRONG and finding.looks >= LOOKS_AT_WRONG


def _waiting(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.outcome for finding in findings)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def _compare(
    path: MovingRead[Any, Any], monolith: list[Any], service: list[Any]
) -> tuple[Difference, ...]:
    found: list[Difference] = []
    for number, (ours, theirs) in enumerate(zip_longest(monolith, service)):
        if ours is None or theirs is None:
            kind = Kind.EXTRA if ours is None else Kind.MISSING
            found.append(Difference(f"pages[{number}]", kind))
        else:
            found += path.compare(ours, theirs)
    return tuple(found)
