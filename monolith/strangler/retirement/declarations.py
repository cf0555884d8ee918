"""Where a path is declared, and with which fields. Pure."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from monolith.strangler.retirement.modules import Definition, Module
    from monolith.strangler.retirement.references import References

_CLASS = "MovingRead"


class DeclarationNotFound(Exception):
    """No `MovingRead(name=...)` of this name is in the source."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no MovingRead(name={path!r}, ...) is in the source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A call of `MovingRead`: `fields` gives each keyword's line, `nulls` those that are None.

    `names` are the bare names that each keyword's value uses.
    """

    module: Module
    definition: Definition
    fields: Mapping[str, int]
    nulls: frozenset[str]
    names: Mapping[str, frozenset[str]]

    def only_in(self, fields: Collection[str]) -> set[str]:
        """Return the bare names that these fields use and no other does."""
        within = {name for field in fields for name in self.names.get(field, ())}
        others = self.names.keys() - set(fields)
        return within.difference(*(self.names[field] for field in others))


def find_declaration(path: str, references: References) -> Declaration:
    """Return the declaration of a path.

    Raises:
        DeclarationNotFound: it is made in another way than by one call at a module's top.
    """
    for module in references.modules.values():
        for call in _calls(module.tree):
            if _name_in(call, module, references) == path:
                return _declaration(call, module)
    raise DeclarationNotFound(path)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if called == _CLASS:
                yield node


def _name_in(call: ast.Call, module: Module, references: References) -> str | None:
    for keyword in call.keywords:
        if keyword.arg == "name":
            return _text_of(keyword.value, module, references)
    return None


def _text_of(node: ast.expr, module: Module, references: References) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        constant = references.definitions.get(references.canonical(f"{module.name}.{node.id}"))
        if constant is not None and len(constant.texts) == 1:
            return constant.texts[0][0]
    return None


def _declaration(call: ast.Call, module: Module) -> Declaration:
    around = next(
        definition
        for definition in module.definitions
        if definition.line <= call.lineno <= definition.end_line
    )
    named = [keyword for keyword in call.keywords if keyword.arg]
    return Declaration(
        module=module,
        definition=around,
        fields={str(keyword.arg): keyword.value.lineno for keyword in named},
        nulls=frozenset(str(keyword.arg) for keyword in named if _is_none(keyword.value)),
        names={str(keyword.arg): _names_in(keyword.value) for keyword in named},
    )


def _names_in(value: ast.expr) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(value) if isinstance(node, ast.Name))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
