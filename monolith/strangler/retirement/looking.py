"""The checklist of a declared path, out of the source that this process runs from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monolith.strangler import registry
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState
from monolith.strangler.retirement import records
from monolith.strangler.retirement.checklist import checklist
from monolith.strangler.retirement.modules import read_modules
from monolith.strangler.retirement.source import Source

if TYPE_CHECKING:
    from monolith.strangler.registry import MovingRead
    from monolith.strangler.retirement.items import Checklist

TESTS = "tests"


def look(path_name: str, *, tests: str = TESTS, earlier: Checklist | None = None) -> Checklist:
    """Return what is to be deleted of a path, and of an `earlier` list what is gone since.

    `tests` is the folder of tests beside the package.

    Raises:
        AnswerNotFound: the monolith's answer is not a function of a module.
        DeclarationNotFound: the path is declared in another way than by one call.
        PathNotDeclared: there is no such path.
    """
    path = registry.get_path(path_name)
    # The declaration outlives the answer, and so does what it asks the service.
    package = str(path.service_request.__module__).partition(".")[0]
    source = _read(package, tests)
    now = checklist(path_name, answer=_answer_of(path), source=source)
    return now if earlier is None else records.since(earlier, now, source)


def is_retired(path_name: str) -> bool:
    """Tell whether anything may be deleted yet."""
    return PathState.objects.filter(path=path_name, stage=Stage.RETIRED).exists()


def _answer_of(path: MovingRead[Any, Any]) -> str:
    answer = path.monolith_answer
    if answer is None:
        return ""
    # What has no name of its own, such as a partial, is reported by what it is.
    name = getattr(answer, "__qualname__", type(answer).__qualname__)
    return f"{answer.__module__}.{name}"


def _read(package: str, tests: str) -> Source:
    root = Path(str(sys.modules[package].__file__)).resolve().parents[1]
    folder = root / package
    return Source(
        modules=read_modules(root, package),
        tests=read_modules(root, tests),
        templates={
            file.relative_to(root).as_posix(): file.read_text()
            for file in sorted(folder.rglob("*.html"))
        },
    )
