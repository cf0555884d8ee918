"""Which indexes stand behind the tables that some SQL reads. Pure; hints, not verdicts."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from monolith.strangler.retirement.modules import Module

_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_][a-z0-9_]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that a model declares in its `Meta`."""

    name: str
    table: str
    file: str
    line: int


def tables_in(texts: Iterable[str]) -> set[str]:
    """Return the tables that pieces of SQL read from."""
    return {table.lower() for text in texts for table in _TABLE.findall(text)}


def of_tables(tables: Collection[str], modules: Iterable[Module]) -> Iterator[Index]:
    """Yield the declared indexes of tables that have Django's usual names."""
    for module in modules:
        yield from (index for index in of(module) if index.table in tables)


def of(module: Module) -> Iterator[Index]:
    """Yield the indexes that the models of a module declare."""
    if "models" in module.name.split("."):
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                yield from _declared(node, module)


def _table_of(model: ast.ClassDef, module: Module) -> str:
    app = module.name.split(".models")[0].rpartition(".")[2]
    return f"{app}_{model.name.lower()}"


def _declared(model: ast.ClassDef, module: Module) -> Iterator[Index]:
    for call in _index_calls(model):
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        name = named.get("name")
        yield Index(
            name=str(name.value) if isinstance(name, ast.Constant) else "(without a name)",
            table=_table_of(model, module),
            file=module.file,
            line=call.lineno,
        )


def _index_calls(model: ast.ClassDef) -> Iterator[ast.Call]:
    metas = [node for node in model.body if isinstance(node, ast.ClassDef) and node.name == "Meta"]
    for meta in metas:
        for node in ast.walk(meta):
            if isinstance(node, ast.Call) and _called(node).endswith("Index"):
                yield node


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
