"""What of the monolith is to go once a path is retired. Pure: modules in, items out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monolith.strangler.retirement import indexes
from monolith.strangler.retirement.declarations import Declaration, find_declaration
from monolith.strangler.retirement.items import Checklist, Item, Kept, Section
from monolith.strangler.retirement.references import References

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.strangler.retirement.modules import Definition, Module, Use
    from monolith.strangler.retirement.source import Source

ANSWER = "monolith_answer"
# With no other side there is nothing to compare, and nobody to fall back to.
COMPARING = {
    "sources": "evidence is of an answer that is gone",
    "compare": "nothing is compared any more",
    "subjects_in": "nothing is compared any more",
    "shape_of": "coverage of comparisons",
    "shapes": "coverage of comparisons",
    "sample_queries": "queries to replay against both sides",
    "query_class": "questions to ask again of both sides",
    "digest_of": "reconciliation has no other side",
    "checksum_request": "reconciliation has no other side",
    "keys_request": "reconciliation has no other side",
}
_DROPPED = (ANSWER, *COMPARING)
_TEMPLATE_ENDINGS = (".html", ".txt")
_WORD = re.compile(r"\w+")


class AnswerNotFound(Exception):
    """The monolith's answer is no function of a module: nobody can tell what belongs to it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not defined at the top of a module of this package")


def checklist(path: str, *, answer: str, source: Source) -> Checklist:
    """Return what is to be deleted; `answer` is the full name of the function, "" if it is gone.

    Raises:
        AnswerNotFound: the answer is defined in another way than at the top of a module.
        DeclarationNotFound: the path is declared in another way than by one call.
    """
    references = References(source.modules)
    declaration = find_declaration(path, references)
    answer = references.canonical(answer)
    if answer and answer not in references.definitions:
        raise AnswerNotFound(answer)
    search = _Search(references=references, declaration=declaration, source=source, answer=answer)
    return Checklist(path=path, answer=answer, items=tuple(search.items()), kept=search.kept())


@dataclass(frozen=True, kw_only=True)
class _Search:
    references: References
    declaration: Declaration
    source: Source
    answer: str

    def items(self) -> Iterator[Item]:
        doomed = self._doomed()
        yield from self._callers()
        yield from self._fields()
        yield from (self._code(definition) for definition in doomed)
        yield from self._exports(doomed)
        yield from self._imports(doomed)
        yield from self._templates(doomed)
        yield from self._settings(doomed)
        yield from self._indexes()
        yield from self._tests(doomed)

    def kept(self) -> tuple[Kept, ...]:
        """Return what the answer uses and something else needs, nearest first."""
        doomed = {definition.full_name for definition in self._doomed()}
        own = {definition.full_name for definition in self._only_used_by_answer()}
        used = {
            self.references.canonical(use.name)
            for name in own
            for use in self.references.definitions[name].uses
        }
        shared = sorted((used & self.references.definitions.keys()) - doomed)
        return tuple(self._kept(self.references.definitions[name], doomed) for name in shared)

    def _only_used_by_answer(self) -> list[Definition]:
        declared = self.declaration.definition.full_name
        return self.references.only_used_by(self.answer, ignoring={(declared, self.answer)})

    def _doomed(self) -> list[Definition]:
        module, declared = self.declaration.module.name, self.declaration.definition.full_name
        dropped = self.declaration.only_in(_DROPPED)
        helpers = {self.references.canonical(f"{module}.{name}") for name in dropped}
        ignoring = {(declared, name) for name in (self.answer, *helpers)}
        return self.references.only_used_by(self.answer, helpers=helpers, ignoring=ignoring)

    def _kept(self, definition: Definition, doomed: set[str]) -> Kept:
        users = {user.full_name for user, _ in self.references.uses_of(definition.full_name)}
        needed_by = sorted(users - doomed - {definition.full_name})
        return Kept(
            what=definition.full_name,
            file=self._file(definition),
            line=definition.line,
            needed_by=tuple(needed_by),
        )

    def _callers(self) -> Iterator[Item]:
        for user, use in self.references.uses_of(self.answer):
            if user.full_name != self.declaration.definition.full_name:
                what = f"{user.full_name.rstrip('.')} calls {_short(self.answer)}"
                yield Item(section=Section.CALLER, what=what, file=self._file(user), line=use.line)

    def _fields(self) -> Iterator[Item]:
        declaration = self.declaration
        yield Item(
            section=Section.DECLARATION,
            what=ANSWER,
            file=declaration.module.file,
            line=declaration.fields.get(ANSWER, declaration.definition.line),
            why="None: the service alone answers",
            is_gone=ANSWER in declaration.nulls or ANSWER not in declaration.fields,
        )
        for name, why in COMPARING.items():
            if name in declaration.fields.keys() - declaration.nulls:
                yield Item(
                    section=Section.DECLARATION,
                    what=name,
                    file=declaration.module.file,
                    line=declaration.fields[name],
                    why=why,
                )

    def _code(self, definition: Definition) -> Item:
        lines = definition.end_line - definition.line + 1
        return Item(
            section=Section.CODE,
            what=definition.full_name,
            file=self._file(definition),
            line=definition.line,
            why=f"{definition.kind}, {lines} lines",
        )

    def _exports(self, doomed: list[Definition]) -> Iterator[Item]:
        names = {definition.full_name for definition in doomed}
        for module in self.references.modules.values():
            for name, use in module.imports.items():
                if self.references.canonical(use.name) in names:
                    yield self._passed_on(module, name, use.line, "import")
                    yield from self._listed(module, name)

    def _listed(self, module: Module, name: str) -> Iterator[Item]:
        for definition in module.definitions:
            if definition.name == "__all__":
                for text, line in definition.texts:
                    if text == name:
                        yield self._passed_on(module, name, line, "__all__")

    def _passed_on(self, module: Module, name: str, line: int, where: str) -> Item:
        what = f"{where} of {name}"
        return Item(section=Section.EXPORT, what=what, file=module.file, line=line)

    def _imports(self, doomed: list[Definition]) -> Iterator[Item]:
        names = {definition.full_name for definition in doomed}
        modules = {definition.module for definition in doomed} | {self.declaration.module.name}
        for module in (self.references.modules[name] for name in sorted(modules)):
            for name in sorted(self._idle_imports(module, names)):
                use = module.imports[name]
                # What is gone itself is listed as passed on.
                if self.references.canonical(use.name) not in names:
                    yield Item(
                        section=Section.IMPORT, what=use.name, file=module.file, line=use.line
                    )

    def _idle_imports(self, module: Module, doomed: set[str]) -> set[str]:
        going, staying = set[str](), set[str]()
        for definition in module.definitions:
            used = _bare_names(module, definition)
            if definition == self.declaration.definition:
                dropped = self.declaration.only_in(_DROPPED) & used
                going |= dropped
                staying |= used - dropped
            else:
                (going if definition.full_name in doomed else staying).update(used)
        return going - staying

    def _templates(self, doomed: list[Definition]) -> Iterator[Item]:
        gone = {definition.full_name for definition in doomed}
        named = _texts_of(doomed)
        staying = _texts_of(
            definition
            for module in self.references.modules.values()
            for definition in module.definitions
            if definition.full_name not in gone
        )
        for file, text in self.source.templates.items():
            name = next(
                (n for n in named if n.endswith(_TEMPLATE_ENDINGS) and file.endswith(n)), ""
            )
            included = any(name in other for other in self.source.templates.values())
            if name and name not in staying and not included:
                why = f"{len(text.splitlines())} lines"
                yield Item(section=Section.TEMPLATE, what=name, file=file, line=1, why=why)

    def _settings(self, doomed: list[Definition]) -> Iterator[Item]:
        gone = {definition.full_name for definition in doomed}
        for definition in doomed:
            for use in definition.uses:
                users = {user.full_name for user, _ in self.references.uses_of(use.name)}
                if use.name.startswith("django.conf.settings.") and users <= gone:
                    yield Item(
                        section=Section.SETTING,
                        what=_short(use.name),
                        file=self._file(definition),
                        line=use.line,
                    )

    def _indexes(self) -> Iterator[Item]:
        if self.answer not in self.references.definitions:
            return
        reached = self.references.reached_from(self.answer)
        texts = _texts_of([self.references.definitions[self.answer], *reached])
        for index in indexes.of_tables(indexes.tables_in(texts), self.references.modules.values()):
            yield Item(
                section=Section.INDEX,
                what=index.name,
                file=index.file,
                line=index.line,
                why=f"on {index.table}",
            )

    def _tests(self, doomed: list[Definition]) -> Iterator[Item]:
        names = {definition.full_name for definition in doomed}
        # Code in strings is code, too; only a name that is no common word is told from prose.
        short = {name for name in (_short(self.answer),) if "_" in name}
        for module in self.source.tests.values():
            for definition in module.definitions:
                lines = set(self._lines_using(definition, names)) | _lines_naming(definition, short)
                for line in sorted(lines)[:1]:
                    what = definition.full_name.rstrip(".")
                    yield Item(section=Section.TEST, what=what, file=module.file, line=line)

    def _lines_using(self, definition: Definition, names: set[str]) -> Iterator[int]:
        for use in definition.uses:
            if self.references.canonical(use.name) in names:
                yield use.line

    def _file(self, definition: Definition) -> str:
        return self.references.modules[definition.module].file


def _bare_names(module: Module, definition: Definition) -> set[str]:
    """Return which of a module's imported names a definition uses, annotations included."""
    used = {use.name for use in definition.uses}
    return {name for name, imported in module.imports.items() if _uses_import(imported, used)}


def _uses_import(imported: Use, used: set[str]) -> bool:
    return any(name == imported.name or name.startswith(f"{imported.name}.") for name in used)


def _texts_of(definitions: Iterator[Definition] | list[Definition]) -> set[str]:
    return {text for definition in definitions for text, _ in definition.texts}


def _lines_naming(definition: Definition, names: set[str]) -> set[int]:
    return {line for text, line in definition.texts if names & set(_WORD.findall(text))}


def _short(name: str) -> str:
    return name.rpartition(".")[2]
