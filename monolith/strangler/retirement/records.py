"""An earlier checklist as JSON, and what is gone since: who deletes, deletes the traces, too."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from monolith.strangler.retirement.items import Checklist, Item, Kept, Section
from monolith.strangler.retirement.presence import Presence

if TYPE_CHECKING:
    from monolith.strangler.retirement.source import Source


def to_json(checklist: Checklist) -> dict[str, Any]:
    """Return a checklist as JSON can hold it."""
    return {**asdict(checklist), "left": checklist.left}


def from_json(content: dict[str, Any]) -> Checklist:
    """Read one back.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return Checklist(
        path=content["path"],
        answer=content["answer"],
        items=tuple(
            Item(**{**item, "section": Section(item["section"])}) for item in content["items"]
        ),
        kept=tuple(
            Kept(**{**kept, "needed_by": tuple(kept["needed_by"])}) for kept in content["kept"]
        ),
    )


def since(earlier: Checklist, now: Checklist, source: Source) -> Checklist:
    """Return the checklist as it is now, with what an earlier one had besides, gone or left."""
    known = {item.identity for item in now.items}
    presence = Presence(earlier=earlier, source=source)
    others = [
        replace(item, is_gone=not presence.has(item))
        for item in earlier.items
        if item.identity not in known
    ]
    order = list(Section)
    items = sorted([*now.items, *others], key=lambda item: order.index(item.section))
    return replace(now, answer=now.answer or earlier.answer, items=tuple(items))
