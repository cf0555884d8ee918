"""The tables that people read, and the figures with their bars. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.figures import aligned, at_least, at_most, told
from infra.local.demo import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from benchmarks.figures import Figure
    from infra.local.demo.acting import Reconciled
    from infra.local.demo.climbing import Climb
    from infra.local.demo.table import Stay

_AGREED = ("match", "healed")
_TITLES = (
    "path", "stands at", "minutes", "pages", "by service since", "errors", "own writes not shown",
    "falls", "keys", "match", "healed", "wrong", "exit code",
)  # fmt: skip
_BELOW_SERVICE = table.RUNGS[: table.RUNGS.index("service")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A path that climbed, and what its comparison found while trade went on."""

    climb: Climb
    reconciled: Reconciled
    was_trading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What was found when all at stage service were compared once more, and where each stood."""

    reconciled: Reconciled
    is_trading: bool
    standing: Mapping[str, Stay]


def outcome(moved: Moved) -> str:
    """Return what came of one path: a run over all of them takes most of an hour, or breaks off."""
    return "\n".join(aligned(_outcomes([moved])))


def print_tables(moved: Sequence[Moved], together: Together) -> None:
    """Print a row a path: what came of it, how long it stood where, what was wrong; then all."""
    for rows in (_outcomes(moved), _minutes(moved), _together(together)):
        print("\n".join(aligned(rows)), end="\n\n")
    for line in _complaints(moved, together):
        print(line)


def figures(moved: Sequence[Moved], together: Together) -> list[Figure]:
    """Hold every path to what was promised of it."""
    return [
        *(figure for each in moved for figure in _figures(each)),
        at_most("all together: wrong", sum(map(wrong, together.reconciled.reports)), "keys",
                bar=0, reference=f"{sum(map(_keys, together.reconciled.reports)):,} keys"),
        at_most("all together: exit code", together.reconciled.exit_code, "", bar=0,
                reference=together.reconciled.complaint),
        at_least("paths compared together", len(together.reconciled.reports), "paths",
                 bar=len(moved), reference=f"trade {_going(is_going=together.is_trading)}"),
        at_least("compared while trade went on", _traded(moved, together), "times",
                 bar=len(moved) + 1, reference="each path alone, then all"),
    ]  # fmt: skip


def wrong(report: Mapping[str, Any]) -> int:
    """Count the keys of a report of which nobody may say that both sides agree."""
    return sum(count for final, count in report["counts"].items() if final not in _AGREED)


def _figures(moved: Moved) -> Iterator[Figure]:
    climb, path = moved.climb, moved.climb.path
    pages = f"{len(climb.readings.since()):,} pages"
    reached = climb.rung == "service" and not climb.stopped
    keys = sum(map(_keys, moved.reconciled.reports))
    yield at_least(f"{path}: reached service", reached, "", bar=1, reference=climb.stopped)
    yield told(f"{path}: to service", climb.seconds / 60, "min", reference=f"{climb.falls} falls")
    yield at_most(f"{path}: errors seen", len(climb.readings.errors()), "pages", bar=0,
                  reference=pages)  # fmt: skip
    yield at_most(f"{path}: own writes not shown", len(climb.readings.violations()), "pages",
                  bar=0, reference=pages)  # fmt: skip
    yield at_most(f"{path}: wrong", sum(map(wrong, moved.reconciled.reports)), "keys", bar=0,
                  reference=f"{keys:,} keys")  # fmt: skip
    yield at_most(f"{path}: exit code", moved.reconciled.exit_code, "", bar=0,
                  reference=moved.reconciled.complaint)  # fmt: skip


def _outcomes(moved: Sequence[Moved]) -> Iterator[Sequence[str]]:
    yield _TITLES
    for each in moved:
        climb = each.climb
        since = climb.read_since_arrival()
        by_service = sum(page.source == "service" for page in since)
        yield (
            climb.path, climb.rung, f"{climb.seconds / 60:.1f}",
            f"{len(climb.readings.since()):,}", f"{by_service:,} of {len(since):,}",
            f"{len(climb.readings.errors()):,}", f"{len(climb.readings.violations()):,}",
            str(climb.falls), *_found(each.reconciled.reports), str(each.reconciled.exit_code),
        )  # fmt: skip


def _minutes(moved: Sequence[Moved]) -> Iterator[Sequence[str]]:
    yield ("minutes on", *_BELOW_SERVICE)
    for each in moved:
        seconds = each.climb.seconds_by_rung()
        minutes = (f"{seconds.get(rung, 0.0) / 60:.1f}" for rung in _BELOW_SERVICE)
        yield (each.climb.path, *minutes)


def _together(together: Together) -> Iterator[Sequence[str]]:
    yield ("all together", "keys", "match", "healed", "wrong", "seconds")
    for report in together.reconciled.reports:
        yield (report["path"], *_found([report]), f"{report['seconds']:.1f}")


def _found(reports: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{sum(map(_keys, reports)):,}"
    for final in _AGREED:
        yield f"{sum(report['counts'].get(final, 0) for report in reports):,}"
    yield f"{sum(map(wrong, reports)):,}"


def _complaints(moved: Sequence[Moved], together: Together) -> Iterator[str]:
    for each in moved:
        yield from _complaints_of(each.climb)
    for path, stay in together.standing.items():
        if stay.rung != "service":
            yield f"{path}: stands at {stay.rung} in the end: {stay.reason}"
    for reconciled in (*(each.reconciled for each in moved), together.reconciled):
        for report in reconciled.reports:
            for finding in report["findings"][:3]:
                yield f"{report['path']}: {finding}"


def _complaints_of(climb: Climb) -> Iterator[str]:
    problems = Counter([*climb.readings.errors(), *climb.readings.violations()])
    for problem, count in problems.most_common(3):
        yield f"{climb.path}: {count} x {problem}"
    if climb.stopped:
        yield f"{climb.path}: {climb.stopped}"


def _keys(report: Mapping[str, Any]) -> int:
    return int(report["keys"])


def _traded(moved: Sequence[Moved], together: Together) -> int:
    return sum(each.was_trading for each in moved) + together.is_trading


def _going(*, is_going: bool) -> str:
    return "going on" if is_going else "had ended"
