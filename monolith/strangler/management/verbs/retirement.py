"""`manage.py strangler retirement`: what to delete of the monolith once a path is retired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monolith.strangler.management import speaking
from monolith.strangler.retirement import looking, records
from monolith.strangler.retirement.checklist import AnswerNotFound
from monolith.strangler.retirement.declarations import DeclarationNotFound
from monolith.strangler.retirement.items import TITLES, Section

if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Iterator

    from django.core.management.base import BaseCommand

    from monolith.strangler.retirement.items import Checklist, Item

_DESCRIPTION = """
Finds in the source what only the monolith's answer of a path needs: code, names passed on, imports,
templates, settings, tests. Keep it with --json before you delete; --since that file shows what is
gone. Exit code 2 with --check: something is left.
"""


def declare(verbs: _SubParsersAction[Any]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "retirement", help="what of the monolith to delete, once a path is retired"
    )
    parser.description = _DESCRIPTION
    parser.add_argument("path")
    parser.add_argument("--json", action="store_true", help="the checklist as one JSON object")
    parser.add_argument("--since", type=Path, metavar="FILE", help="an earlier --json, to tick off")
    parser.add_argument("--check", action="store_true", help="fail while anything is left")
    parser.add_argument("--tests", default=looking.TESTS, help="folder of tests (%(default)s)")
    parser.set_defaults(run=_run)


def _run(command: BaseCommand, options: dict[str, Any]) -> None:
    """Print the checklist; with `check`, ends with 2 while something is left."""
    path = options["path"]
    found = _look(path, tests=options["tests"], since=options["since"])
    if options["json"]:
        speaking.print_json(command, records.to_json(found))
    else:
        command.stdout.write("\n".join(_lines(found, is_retired=looking.is_retired(path))))
    if options["check"] and found.left:
        raise speaking.fail(f"{found.left} items are left", speaking.REFUSED)


def _look(path: str, *, tests: str, since: Path | None) -> Checklist:
    try:
        return looking.look(path, tests=tests, earlier=_recorded(since) if since else None)
    except (AnswerNotFound, DeclarationNotFound) as error:
        raise speaking.fail(str(error), speaking.ERROR) from error


def _recorded(file: Path) -> Checklist:
    try:
        return records.from_json(json.loads(file.read_text()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise speaking.fail(f"{file} is no checklist: {error}", speaking.ERROR) from error


def _lines(found: Checklist, *, is_retired: bool) -> Iterator[str]:
    gone = len(found.items) - found.left
    yield f"{found.path}: {found.left} to delete, {gone} gone ({found.answer or 'answer deleted'})"
    if not is_retired:
        yield "not retired yet: delete nothing, the monolith may have to answer again"
    for section in Section:
        yield from _section(section, [item for item in found.items if item.section is section])
    if found.kept:
        yield "\nstays, though the answer uses it"
    for kept in found.kept:
        yield f"      {kept.file}:{kept.line}  {kept.what}: {_needed_by(kept.needed_by)}"


def _section(section: Section, items: list[Item]) -> Iterator[str]:
    # Nobody who goes past the strangler is worth a line of its own: it is the first condition.
    if items or section is Section.CALLER:
        yield f"\n{TITLES[section]}"
    if not items and section is Section.CALLER:
        yield "  [x] none"
    for item in items:
        tick = "x" if item.is_gone else " "
        why = f" ({item.why})" if item.why else ""
        yield f"  [{tick}] {item.file}:{item.line}  {item.what}{why}"


def _needed_by(names: tuple[str, ...]) -> str:
    first = ", ".join(name.rstrip(".") for name in names[:2])
    return f"{first} and {len(names) - 2} more" if len(names) > 2 else first  # noqa: PLR2004
