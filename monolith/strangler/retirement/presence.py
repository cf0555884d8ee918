"""Is something that an earlier checklist listed still in the source? Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.retirement import indexes
from monolith.strangler.retirement.declarations import find_declaration
from monolith.strangler.retirement.items import Section
from monolith.strangler.retirement.references import References

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monolith.strangler.retirement.items import Checklist, Item
    from monolith.strangler.retirement.modules import Definition, Module
    from monolith.strangler.retirement.source import Source

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Looks for the items of an earlier checklist in the source as it is now."""

    earlier: Checklist
    source: Source

    def has(self, item: Item) -> bool:
        """Tell whether an item is still there, wherever its lines have moved in its file."""
        return self._questions[item.section](item)

    @property
    def _questions(self) -> Mapping[Section, Callable[[Item], bool]]:
        return {
            Section.CALLER: self._is_named_by_its_definition,
            Section.DECLARATION: self._has_field,
            Section.CODE: self._is_defined,
            Section.EXPORT: self._is_passed_on,
            Section.IMPORT: self._is_imported,
            Section.TEMPLATE: self._has_template,
            Section.SETTING: self._is_read,
            Section.INDEX: self._has_index,
            Section.TEST: self._is_named_by_its_definition,
        }

    def _has_field(self, item: Item) -> bool:
        found = find_declaration(self.earlier.path, References(self.source.modules))
        return item.what in found.fields.keys() - found.nulls

    def _is_defined(self, item: Item) -> bool:
        return item.what in References(self.source.modules).definitions

    def _is_passed_on(self, item: Item) -> bool:
        where, _, name = item.what.partition(" of ")
        module = self._module(item)
        if module is None:
            return False
        if where == "import":
            return name in module.imports
        lists = [found for found in module.definitions if found.name == "__all__"]
        return any(text == name for found in lists for text, _ in found.texts)

    def _is_imported(self, item: Item) -> bool:
        module = self._module(item)
        return module is not None and item.what in {use.name for use in module.imports.values()}

    def _has_template(self, item: Item) -> bool:
        return item.file in self.source.templates

    def _is_read(self, item: Item) -> bool:
        module = self._module(item)
        uses = {use.name for found in module.definitions for use in found.uses} if module else set()
        return f"django.conf.settings.{item.what}" in uses

    def _has_index(self, item: Item) -> bool:
        module = self._module(item)
        return module is not None and item.what in {index.name for index in indexes.of(module)}

    def _is_named_by_its_definition(self, item: Item) -> bool:
        module = self._module(item)
        name = item.what.partition(" ")[0].rpartition(".")[2]
        found = [each for each in module.definitions if each.name == name] if module else []
        return any(self._deleted_names & _names_in(definition) for definition in found)

    @property
    def _deleted_names(self) -> set[str]:
        code = [item for item in self.earlier.items if item.section is Section.CODE]
        return {item.what.rpartition(".")[2] for item in code}

    def _module(self, item: Item) -> Module | None:
        modules = [*self.source.modules.values(), *self.source.tests.values()]
        return next((module for module in modules if module.file == item.file), None)


def _names_in(definition: Definition) -> set[str]:
    used = {use.name.rpartition(".")[2] for use in definition.uses}
    return used | {word for text, _ in definition.texts for word in _WORD.findall(text)}
