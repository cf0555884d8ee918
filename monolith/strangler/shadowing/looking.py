"""Makes one comparison: asks whoever has not answered, and the monolith twice before accusing."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from event_contracts.plain_values import to_plain
from monolith.strangler.comparison import (
    Compared,
    Look,
    Next,
    classify,
    generalised,
    second_opinion,
)
from monolith.strangler.comparison.finished import Comparison
from monolith.strangler.comparison.rules import normalise
from monolith.strangler.deciding.cohort import is_in_share
from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.mismatches import normalising, observing
from monolith.strangler.shadowing.hooks import HookFailed, hook
from monolith.strangler.shadowing.sides import Unanswered, ask_service, read_monolith

if TYPE_CHECKING:
    from collections.abc import Callable

    from monolith.strangler.comparison import Difference
    from monolith.strangler.registry import MovingRead
    from monolith.strangler.shadowing.dark import Dark

# So many comparisons, in basis points, read the monolith twice although nothing is wrong.
READ_TWICE_BP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is compared: a path's question, and whom it is about."""

    path: MovingRead[Any, Any]
    query: Any
    about: str | None


def first_look(dark: Dark, *, breathe: Callable[[], object], is_read_twice: bool) -> Comparison:
    """Compare what was shown with what the other side says.

    `breathe` is called between pieces of work, so that it can wait for whoever is in a hurry.

    Raises:
        HookFailed: something that the path declares raised.
    """
    asked = _subject(dark.path, dark.query)
    if dark.was_shown:
        began = time.monotonic()
        monolith, service = read_monolith(dark.path, dark.query), dark.value
        elapsed = (time.monotonic() - began) * 1000
        observing.asked_monolith(dark.path.name, milliseconds=elapsed)
    else:
        monolith, service = dark.value, ask_service(dark.path, dark.query)
    breathe()
    return _compare(asked, monolith, service, was_shown=dark.was_shown, is_read_twice=is_read_twice)


def fresh_look(
    path: MovingRead[Any, Any], query: Any, *, was_shown: bool = False, is_read_twice: bool = False
) -> Comparison:
    """Ask both sides anew, and compare.

    Raises:
        HookFailed: something that the path declares raised.
    """
    asked = _subject(path, query)
    monolith = read_monolith(path, query)
    service = ask_service(path, query)
    return _compare(asked, monolith, service, was_shown=was_shown, is_read_twice=is_read_twice)


def is_drawn_for_noise() -> bool:
    """Draw whether a comparison reads the monolith twice in any case."""
    return is_in_share(random.randrange(WHOLE), READ_TWICE_BP)  # noqa: S311 - a sample


def _subject(path: MovingRead[Any, Any], query: Any) -> Subject:
    with hook("subject-of"):
        return Subject(path=path, query=query, about=path.subject_of(query))


def _compare(
    asked: Subject, monolith: Any, service: Any, *, was_shown: bool, is_read_twice: bool
) -> Comparison:
    if isinstance(service, Unanswered):
        judged, shown = Compared(outcome=service.outcome), None
    else:
        judged, monolith = _judge(asked, monolith, service, is_read_twice=is_read_twice)
        shown = service
    with hook("shape-of"):
        shape = asked.path.shape_of(asked.query)
    return Comparison(
        path=asked.path.name,
        query=asked.query,
        monolith=monolith,
        service=shown,
        judged=judged,
        shape=shape,
        subject=asked.about,
        was_shown=was_shown,
    )


def _judge(
    asked: Subject, monolith: Any, service: Any, *, is_read_twice: bool
) -> tuple[Compared, Any]:
    """Return the judgement, and the monolith's answer that it was made by."""
    look = _look(asked, monolith, service)
    judged = classify(look)
    if judged.next is not Next.READ_AGAIN and not is_read_twice:
        return judged, monolith
    again = read_monolith(asked.path, asked.query)
    with hook("compare"):
        moved = asked.path.compare(monolith, again)
    observing.read_twice(asked.path.name, is_same=not moved)
    if judged.next is not Next.READ_AGAIN:
        return judged, monolith
    noisy = frozenset(generalised(difference.place) for difference in moved)
    return second_opinion(look, _look(asked, again, service), noisy=noisy), again


def _look(asked: Subject, monolith: Any, service: Any) -> Look:
    path = asked.path
    with hook("version-of"):
        versions = path.version_of(monolith), path.version_of(service)
    has_leaked = _has_leaked(asked, service)
    try:
        differences, rules = _differences(path, monolith, service)
    except HookFailed as error:
        # A broken comparison must not hide somebody else's objects.
        if not has_leaked:
            raise
        observing.hook_failed(path.name, error.hook)
        differences, rules = (), ()
    return Look(
        monolith_version=versions[0],
        service_version=versions[1],
        differences=differences,
        rules=rules,
        has_leaked=has_leaked,
    )


def _has_leaked(asked: Subject, service: Any) -> bool:
    if asked.about is None:
        return False
    with hook("subjects-in"):
        return any(subject != asked.about for subject in asked.path.subjects_in(service))


def _differences(
    path: MovingRead[Any, Any], monolith: Any, service: Any
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    with hook("compare"):
        found = path.compare(monolith, service)
    if not found:
        return (), ()
    with hook("rules"):
        normalised = normalise(
            found,
            monolith=to_plain(monolith),
            service=to_plain(service),
            rules=normalising.known.of(path.name),
            now=timezone.now(),
        )
    return normalised.differences, normalised.rules
