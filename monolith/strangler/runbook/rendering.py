"""The runbook as a page of Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from monolith.strangler.deciding.ladder import RUNGS, rung_below
from monolith.strangler.runbook import differing
from monolith.strangler.runbook.sequence import all_steps, steps_to
from monolith.strangler.runbook.steps import COMMAND
from monolith.strangler.runbook.typing_in import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.strangler.deciding.ladder import Rung
    from monolith.strangler.runbook.steps import Step

_KINDS = ("step", "why", "may be taken when", "it worked when", "who")
_STEPS = ("step", "do", "way back", "at most")
_HEAD = """\
# Move a read path to its service

<!-- Printed by `manage.py strangler runbook {path} --render md`: change the code. -->

For the engineer who migrates. Each step can be stopped after, and repeated; at any moment below
`retired` the way back is [one command](roll-back-a-path.md). `{path}` stands for any path.

```
python manage.py strangler runbook {path} --next
python manage.py strangler runbook {path} --run --until service --as YOU --approver OTHER
```

The first prints the next step that is not true yet. The second takes the steps one after the other,
waits for what has to become true, and stops with a reason where it does not; started again, it goes
on where it stopped. What each gate asks for: [gates](../../gates.md). When a step does not succeed:
[here](when-a-step-does-not-succeed.md).

## What differs from path to path

The steps are the same for all. Several paths may climb at the same time, each by a command of its
own; paths of one family draw the same lot, so that whoever is in the canary of one is in the
canary of the other. Where a read is about nobody, whoever asks is known by a cookie: without
one, they are somebody new with every page. Staff read on from the monolith until `service`, unless
a read is theirs. What is compared is asked twice: the gate D1 tells what a rung costs those who
read, before the next one draws ten times as many. Without heartbeats nobody knows that a service
keeps up, and B2 is never passed.

A backfill has ended when every snapshot is recorded; the service still takes them in, and
`reconcile` waits for as long as it does. With the real trade, on two busy cores, 4,221 keys of
`order_detail` were recorded in 27 s, and all compared 247 s later; in the profile `demo` the whole
way to `service` took `order_history` 8 minutes, `order_detail` and `customer_summary` 11,
`catalogue_search` 8.4 and `sales_insights` 8.7.

"""
_KINDS_OF_STEPS = """\
## The kinds of steps

"""


def page(path: str) -> str:
    """Return the page of a path's runbook, with a line feed at its end."""
    paths = "\n".join((*_table(differing.TITLES), *map(_row, differing.rows()), "", ""))
    sections = (_section(rung, path) for rung in RUNGS if rung_below(rung))
    steps = "\n".join((*_kinds(), "", *sections)).rstrip("\n")
    return f"{_HEAD.format(path=path)}{paths}{_KINDS_OF_STEPS}{steps}\n"


def page_is_stale() -> bool:
    """Tell whether the committed page says something else; without one, it does not.

    The setting STRANGLER_RUNBOOK_PAGE names the path that it is written for, and the file.
    """
    committed = getattr(settings, "STRANGLER_RUNBOOK_PAGE", None)
    if committed is None:
        return False
    path, file = committed
    return not Path(file).exists() or Path(file).read_text(encoding="utf-8") != page(path)


def _kinds() -> Iterator[str]:
    """Yield a table of what all steps of one name have in common."""
    yield from _table(_KINDS)
    first = {_name(step): step for step in reversed(all_steps())}
    for name, step in reversed(first.items()):
        yield _row((name, step.why, step.check.words, step.verify.words, step.owner))


def _section(rung: Rung, path: str) -> str:
    rows = (
        _row(
            (
                _name(step),
                _command(step.do, path),
                _command(step.roll_back, path),
                _minutes(step.max_minutes),
            )
        )
        for step in steps_to(rung)
    )
    return "\n".join((f"## To {rung}", "", *_table(_STEPS), *rows, ""))


def _table(titles: tuple[str, ...]) -> Iterator[str]:
    yield _row(titles)
    yield f"|{'---|' * len(titles)}"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _name(step: Step) -> str:
    return step.id.partition(".")[2]


def _command(text: str, path: str) -> str:
    said = written(text, path)
    return f"`python {said}`" if text.startswith(COMMAND) else said


def _minutes(minutes: float) -> str:
    for size, unit in ((1_440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes / size:g} {unit}"
    return f"{minutes:g} min"
