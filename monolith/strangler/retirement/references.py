"""Who uses whom, over all modules of a package. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from monolith.strangler.retirement.modules import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from monolith.strangler.retirement.modules import Definition, Module, Use

    # Somebody's use of a name that does not count, such as a declaration's of what it will drop.
    Ignored = Collection[tuple[str, str]]


@dataclass(frozen=True)
class References:
    """The definitions of some modules, by full name, and the uses between them."""

    modules: Mapping[str, Module]

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """Every definition that has a name."""
        return {
            definition.full_name: definition
            for module in self.modules.values()
            for definition in module.definitions
            if definition.name
        }

    def canonical(self, name: str) -> str:
        """Return the name of what is meant, where it is defined: packages pass names on."""
        for _ in range(len(self.modules)):
            module, _, last = name.rpartition(".")
            owner = self.modules.get(module)
            if owner is None or owner.defines(last) or last not in owner.imports:
                break
            name = owner.imports[last].name
        return name

    def uses_of(self, name: str) -> Iterator[tuple[Definition, Use]]:
        """Yield who uses a definition, and where; imports and `__all__` do not by themselves."""
        yield from self._users.get(name, ())

    def only_used_by(
        self, start: str, *, helpers: Collection[str] = (), ignoring: Ignored = ()
    ) -> list[Definition]:
        """Return what nobody needs without `start`: itself, and what only it reaches.

        So do `helpers`, where nobody else needs them. What was registered by a decorator, and
        Django's models, may be reached by no name at all: they are never among them. `ignoring` are
        (user, used) pairs that do not count.
        """
        reached = {found.full_name for found in self.reached_from(start, *helpers)}
        reached |= set(helpers) & self.definitions.keys()
        doomed = ({start} & self.definitions.keys()) | set(filter(self._may_go, reached))
        # From the whole downwards: functions that call each other go together.
        while needed := {
            name for name in doomed - {start} if not self._users_of(name, ignoring) <= doomed
        }:
            doomed -= needed
        return sorted(
            (self.definitions[name] for name in doomed),
            key=lambda found: (found.module, found.line),
        )

    def reached_from(self, *starts: str) -> list[Definition]:
        """Return everything that some definitions use, however far, without themselves."""
        found = set(starts)
        while more := self._reached_from(found) - found:
            found |= more
        return [self.definitions[name] for name in sorted(found - set(starts))]

    @cached_property
    def _users(self) -> dict[str, list[tuple[Definition, Use]]]:
        users: dict[str, list[tuple[Definition, Use]]] = defaultdict(list)
        for module in self.modules.values():
            for definition in module.definitions:
                for use in definition.uses:
                    users[self.canonical(use.name)].append((definition, use))
        return users

    def _users_of(self, name: str, ignoring: Ignored) -> set[str]:
        return {
            user.full_name
            for user, _ in self.uses_of(name)
            if user.full_name != name and (user.full_name, name) not in ignoring
        }

    def _reached_from(self, names: Collection[str]) -> set[str]:
        used = {
            self.canonical(use.name)
            for name in names & self.definitions.keys()
            for use in self.definitions[name].uses
        }
        return used & self.definitions.keys()

    def _may_go(self, name: str) -> bool:
        definition = self.definitions[name]
        is_model = definition.kind is Kind.CLASS and "models" in definition.module.split(".")
        return not (definition.is_registered or is_model)
