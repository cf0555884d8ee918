"""Is the runbook sound? Whatever it names has to exist, and everything has a way back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monolith.strangler.deciding.ladder import RUNGS, rung_below
from monolith.strangler.gates.edges import all_gates
from monolith.strangler.runbook.rendering import page_is_stale
from monolith.strangler.runbook.sequence import all_steps
from monolith.strangler.runbook.steps import COMMAND
from monolith.strangler.runbook.typing_in import sample_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monolith.strangler.runbook.steps import Step

_INLINE = re.compile(rf"`{COMMAND}([^`]+)`")


def complaints(
    refusal_of: Callable[[Sequence[str]], str | None], steps: Sequence[Step] | None = None
) -> list[str]:
    """List what is wrong with the runbook; `refusal_of` says why words cannot be typed, if so."""
    looked_at = all_steps() if steps is None else steps
    found = [complaint for step in looked_at for complaint in _of_step(step, refusal_of)]
    found += _doubles(looked_at) if steps is not None else [*_doubles(looked_at), *_of_ladder()]
    return found


def _of_step(step: Step, refusal_of: Callable[[Sequence[str]], str | None]) -> Iterator[str]:
    for name in ("why", "do", "roll_back", "owner"):
        if not getattr(step, name).strip():
            yield f"{step.id} has no {name.replace('_', ' ')}"
    if step.max_minutes <= 0:
        yield f"{step.id} may take no time"
    known = {gate.id for gate in all_gates()}
    yield from (f"{step.id}: there is no gate {gate}" for gate in step.gates if gate not in known)
    for command in (*_commands(step.do), *_commands(step.roll_back)):
        refusal = refusal_of(sample_words(command))
        if refusal is not None:
            yield f"{step.id}: `{command}` cannot be typed: {refusal}"


def _commands(text: str) -> list[str]:
    return [text] if text.startswith(COMMAND) else _INLINE.findall(text)


def _doubles(steps: Sequence[Step]) -> Iterator[str]:
    ids = [step.id for step in steps]
    yield from (f"{name} is there twice" for name in sorted({*ids}) if ids.count(name) > 1)


def _of_ladder() -> Iterator[str]:
    steps = all_steps()
    for rung in RUNGS:
        if rung_below(rung) and not any(step.rung == rung.name for step in steps):
            yield f"no step leads to {rung}"
    if page_is_stale():
        yield "the page is out of date: `manage.py strangler runbook PATH --render md` prints it"
