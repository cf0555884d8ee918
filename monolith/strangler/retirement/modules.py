"""Python modules as definitions and the names that each of them uses. Parsed, never imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


class Kind(StrEnum):
    """What a definition is."""

    FUNCTION = "function"
    CLASS = "class"
    CONSTANT = "constant"
    REST = "statements"  # whatever a module does besides defining


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A name that is used, in full, and where."""

    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A top-level definition: `uses` are full dotted names, `texts` the string constants in it.

    `is_registered`: a decorator may have handed it to somebody whom no name leads to.
    """

    module: str
    name: str
    kind: Kind
    line: int
    end_line: int
    uses: tuple[Use, ...]
    texts: tuple[tuple[str, int], ...]
    is_registered: bool = False

    @property
    def full_name(self) -> str:
        """The module and the name."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file. `imports` gives the full name behind each name it imports, and the line."""

    name: str
    file: str
    tree: ast.Module
    imports: Mapping[str, Use]
    definitions: tuple[Definition, ...] = field(default=())

    def defines(self, name: str) -> bool:
        """Tell whether something of this name is defined here, not just imported."""
        return any(definition.name == name for definition in self.definitions)


def read_modules(root: Path, package: str) -> dict[str, Module]:
    """Return every module of a package, a folder below `root`, by its name."""
    files = sorted((root / package).rglob("*.py"))
    modules = (parse(path.read_text(), path.relative_to(root).as_posix()) for path in files)
    return {module.name: module for module in modules}


def parse(text: str, file: str) -> Module:
    """Return the module of a source text; `file` is its path below the root.

    Raises:
        SyntaxError: it is no Python.
    """
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package = name if file.endswith("__init__.py") else name.rpartition(".")[0]
    tree = ast.parse(text, file)
    statements = [_Statement(node, list(ast.walk(node))) for node in tree.body]
    imports = {each: use for one in statements for each, use in _imports(one.nodes, package)}
    defined = {each for node in tree.body for each in _names(node)}
    scope = _Scope(name, imports, frozenset(defined))
    found = tuple(each for one in statements for each in _definitions(one, scope))
    return Module(name=name, file=file, tree=tree, imports=imports, definitions=found)


@dataclass(frozen=True, slots=True)
class _Statement:
    top: ast.stmt
    nodes: list[ast.AST]  # walked once: a package has a million


@dataclass(frozen=True, slots=True)
class _Scope:
    module: str
    imports: Mapping[str, Use]
    defined: frozenset[str]

    def resolve(self, name: str) -> str | None:
        if name in self.defined:
            return f"{self.module}.{name}"
        return self.imports[name].name if name in self.imports else None


def _imports(nodes: list[ast.AST], package: str) -> Iterator[tuple[str, Use]]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            source = _source_of(node, package)
            for alias in node.names:
                # Each name has a line of its own in a long import.
                use = Use(name=f"{source}.{alias.name}", line=alias.lineno)
                yield alias.asname or alias.name, use
        elif isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or name, Use(name=name, line=alias.lineno)


def _source_of(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _definitions(statement: _Statement, scope: _Scope) -> Iterator[Definition]:
    node = statement.top
    if isinstance(node, ast.Import | ast.ImportFrom):
        return
    for name in list(_names(node)) or [""]:
        yield Definition(
            module=scope.module,
            name=name,
            kind=_kind(node, name),
            line=_first_line(node),
            end_line=node.end_lineno or node.lineno,
            uses=tuple(_uses(statement.nodes, scope)),
            texts=tuple(_texts(statement.nodes)),
            is_registered=bool(getattr(node, "decorator_list", ())),
        )


def _kind(node: ast.stmt, name: str) -> Kind:
    if isinstance(node, ast.ClassDef):
        return Kind.CLASS
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return Kind.FUNCTION
    return Kind.CONSTANT if name else Kind.REST


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _uses(nodes: list[ast.AST], scope: _Scope) -> Iterator[Use]:
    for inner in nodes:
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            name = scope.resolve(inner.id)
        elif isinstance(inner, ast.Attribute):
            name = _dotted(inner, scope)
        else:
            continue
        if name:
            yield Use(name=name, line=inner.lineno)


def _dotted(node: ast.Attribute, scope: _Scope) -> str | None:
    if isinstance(node.value, ast.Name):
        above = scope.resolve(node.value.id)
    elif isinstance(node.value, ast.Attribute):
        above = _dotted(node.value, scope)
    else:
        above = None
    return f"{above}.{node.attr}" if above else None


def _texts(nodes: list[ast.AST]) -> Iterator[tuple[str, int]]:
    for inner in nodes:
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value, inner.lineno
