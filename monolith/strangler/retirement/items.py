"""The entries of a checklist."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Section(StrEnum):
    """What has to be looked at, in the order in which people delete."""

    CALLER = "callers"
    DECLARATION = "declaration"
    CODE = "code"
    EXPORT = "exports"
    IMPORT = "imports"
    TEMPLATE = "templates"
    SETTING = "settings"
    INDEX = "indexes"
    TEST = "tests"


TITLES = {
    Section.CALLER: "callers that go past the strangler: have them use routing.answer first",
    Section.DECLARATION: "fields of the declaration",
    Section.CODE: "the monolith's answer, what compares with it, and what only they use",
    Section.EXPORT: "where the deleted names are imported or listed",
    Section.IMPORT: "imports that only the deleted code uses",
    Section.TEMPLATE: "templates that only the deleted code renders",
    Section.SETTING: "settings that only the deleted code reads",
    Section.INDEX: "indexes to look at: is there another query that needs them? EXPLAIN first",
    Section.TEST: "tests that ask the deleted code",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to delete: where it is, or was, and whether it is gone."""

    section: Section
    what: str
    file: str
    line: int
    why: str = ""
    is_gone: bool = False

    @property
    def identity(self) -> tuple[str, str, str]:
        """What an item is known again by: lines move while others are deleted."""
        return (self.section.value, self.what, self.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that the monolith's answer uses and others need too."""

    what: str
    file: str
    line: int
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """All about one path; `answer` is the full name of the monolith's function, "" once unknown."""

    path: str
    answer: str
    items: tuple[Item, ...]
    kept: tuple[Kept, ...] = ()

    @property
    def left(self) -> int:
        """How many items are still there."""
        return sum(not item.is_gone for item in self.items)
