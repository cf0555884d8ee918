"""What the epoch's evidence says about one path: outcomes, noise, coverage, own writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from monolith.strangler import registry
from monolith.strangler.control_room import cells, formatting
from monolith.strangler.control_room.charts import Frame, Part, bar
from monolith.strangler.control_room.figures import NOTHING, Chip, Figure, Taken, figure
from monolith.strangler.control_room.tallying import MINUTE, NOTHING_SEEN, Tallies, read_tallies

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from monolith.strangler.control_room.rows import Rows
    from monolith.strangler.control_room.tallying import Seen

ENOUGH_OF_A_SHAPE = 30
SERIES = (
    "compare",
    "verify",
    "recheck",
    "staleness",
    "noise",
    "rule",
    "shape",
    "ryw",
    "dropped",
    "harness",
    "old-path",
    "unanswered",
)
_LONGEST = timedelta(days=30)
_LOOKS = {
    "match": "good",
    "match-norm": "good-soft",
    "noise": "calm",
    "stale": "warn",
    "order-only": "warn-soft",
    "error": "gone",
    "timeout": "gone",
    "dropped": "gone-soft",
}
_WORDS = {
    "match": "the same",
    "match-norm": "the same after a rule",
    "noise": "the monolith changed meanwhile",
    "stale": "behind, healed or to be looked at again",
    "order-only": "the same in another order",
    "error": "the service failed",
    "timeout": "the service took too long",
    "dropped": "not compared",
}


_ORDER = (
    "match", "match-norm", "noise", "stale", "order-only", "wrong", "missing", "extra",
    "stale-overdue", "leak", "error", "timeout", "dropped",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many comparisons ended so."""

    name: str
    look: str
    count: str
    percent: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """All comparisons of the epoch, drawn and told, beside the monolith compared with itself."""

    n: str
    age: str
    is_old: bool
    drawing: SafeString
    noise_drawing: SafeString
    noise: Figure
    wrong: Figure
    verified: Figure
    parts: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How often one declared shape of request was compared."""

    name: str
    count: str
    percent: int
    chip: Chip


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A count with its share."""

    name: str
    count: str
    percent: str
    says: str = ""
    tone: str = ""


def read_epoch(rows: Rows, path: str) -> Tallies:
    """Sum everything that was seen within the path's epoch, or in 30 days without one."""
    epoch = rows.epochs.get(path)
    return read_tallies(
        paths=[path],
        series=SERIES,
        since=epoch.opened_at - MINUTE if epoch else rows.now - _LONGEST,
        now=rows.now,
        step=_LONGEST,
        epochs={path: epoch.number} if epoch else {},
    )


def outcomes(tallies: Tallies, rows: Rows, path: str) -> Outcomes:
    """Tell how the epoch's comparisons ended."""
    compared, noise = tallies.seen(path, "compare"), tallies.seen(path, "noise")
    taken = Taken(at=compared.at, now=rows.now, period=MINUTE)
    return Outcomes(
        n=formatting.whole(compared.total) if compared.total else formatting.NO_DATA,
        age=formatting.age_of(compared.at, rows.now) if compared.at else "",
        is_old=figure("", taken).is_old,
        drawing=_drawing("outcomes", f"Comparisons of {path}", compared),
        noise_drawing=_noise_drawing(path, noise),
        noise=_rate(noise, noise.of("changed"), noise.total, rows),
        wrong=cells.wrong_rate(compared, tallies.seen(path, "recheck"), rows),
        verified=cells.wrong_rate(tallies.seen(path, "verify"), NOTHING_SEEN, rows),
        parts=tuple(_parts(compared)),
    )


def shapes(tallies: Tallies, path: str) -> tuple[Shape, ...]:
    """Tell how well each declared shape of request is covered; those never seen come first."""
    seen = tallies.seen(path, "shape")
    names = {*_declared_shapes(path), *seen.counts}
    return tuple(
        _shape(name, seen.of(name)) for name in sorted(names, key=lambda n: (seen.of(n), n))
    )


def own_writes(tallies: Tallies, path: str) -> tuple[Counted, ...]:
    """Tell how often customers were held to what they wrote, and how that ended."""
    seen = tallies.seen(path, "ryw")
    ends = {
        "reached": ("the service had it already", "good"),
        "waited": ("the service had it at the second look", "good"),
        "fell-back": ("the monolith answered", "warn"),
        "violated": ("a customer did not see their own write", "bad"),
    }
    if not seen.total:
        return ()
    return tuple(
        _counted(name, seen, says, tone if seen.of(name) else "")
        for name, (says, tone) in ends.items()
    )


def side_counts(tallies: Tallies, path: str) -> tuple[Counted, ...]:
    """Tell what else was counted: rules that made matches, drops and why, hooks that raised."""
    kinds = {
        "rule": "matched by rule",
        "dropped": "not compared:",
        "harness": "hook raised:",
        "unanswered": "read without answer:",
        "old-path": "old path",
        "recheck": "looked at again:",
    }
    return tuple(
        _counted(f"{words} {name}", tallies.seen(path, series), shown=name)
        for series, words in kinds.items()
        for name in sorted(tallies.seen(path, series).counts)
    )


def _declared_shapes(path: str) -> tuple[str, ...]:
    try:
        return tuple(getattr(registry.get_path(path), "shapes", ()))
    except registry.PathNotDeclared:
        return ()


def _shape(name: str, count: int) -> Shape:
    is_enough = count >= ENOUGH_OF_A_SHAPE
    missing = ENOUGH_OF_A_SHAPE - count
    chip = (
        Chip(text="covered", tone="good", icon="pass")
        if is_enough
        else Chip(text=f"{missing} more", tone="warn", icon="unsure")
    )
    percent = min(100, round(100 * count / ENOUGH_OF_A_SHAPE))
    return Shape(name=name, count=formatting.whole(count), percent=percent, chip=chip)


def _rate(seen: Seen, part: int, n: int, rows: Rows) -> Figure:
    if not n:
        return NOTHING
    taken = Taken(at=seen.at, now=rows.now, period=MINUTE)
    return figure(formatting.percent(part, n, digits=2), taken, n=n)


def _drawing(key: str, title: str, seen: Seen) -> SafeString:
    parts = [Part(name=name, look=_look(name), count=seen.of(name)) for name in _ordered(seen)]
    said = ", ".join(f"{part.name} {part.count:,}" for part in parts)
    return bar(Frame(key=key, title=title, description=said), parts)


def _noise_drawing(path: str, noise: Seen) -> SafeString:
    parts = [
        Part(name="same", look="good", count=noise.of("same")),
        Part(name="changed", look="calm", count=noise.of("changed")),
    ]
    title = f"The monolith's answers of {path} read twice"
    said = ", ".join(f"{part.name} {part.count:,}" for part in parts)
    return bar(Frame(key="noise", title=title, description=said), parts, height=10)


def _parts(seen: Seen) -> list[Outcome]:
    return [
        Outcome(
            name=name,
            look=_look(name),
            count=formatting.whole(seen.of(name)),
            percent=formatting.percent(seen.of(name), seen.total, digits=2),
            says=_WORDS.get(name, "the service is wrong"),
        )
        for name in _ordered(seen)
        if seen.of(name)
    ]


def _ordered(seen: Seen) -> list[str]:
    return [*_ORDER, *sorted(set(seen.counts) - set(_ORDER))]


def _look(name: str) -> str:
    return _LOOKS.get(name, "bad")


def _counted(name: str, seen: Seen, says: str = "", tone: str = "", shown: str = "") -> Counted:
    count = seen.of(shown or name)
    return Counted(
        name=name,
        count=formatting.whole(count),
        percent=formatting.percent(count, seen.total),
        says=says,
        tone=tone,
    )
