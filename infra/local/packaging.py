"""The zip of one service: its sources, what services share, and the libraries that these import.

`python -m infra.local.packaging order_history --out order_history.zip`. The local Lambda host runs
the working tree instead, but the stacks want a zip there, too.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import io
import re
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SERVICES = "extracted_services"
SHARED = ("event_contracts", f"{SERVICES}/lambda_support", f"{SERVICES}/read_models")
# Lambda's runtime brings it, and what it needs itself.
RUNTIME = frozenset({"boto3", "botocore"})
# Zip knows no earlier time; a real one would make every zip another.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16


class NotPackable(Exception):
    """A zip cannot hold what the service imports; the message names the library."""


def contents(service: str) -> dict[str, bytes]:
    """Return what goes into a service's zip, by the path in it.

    Raises:
        NotPackable: it imports what is not installed here, or has compiled parts: such a service
            is deployed as a container image.
    """
    sources = _sources(service)
    libraries = _with_their_own({_library_of(name) for name in _imports(sources.values())})
    return dict(sorted((sources | _files_of(libraries)).items()))


def libraries_in(packed: Iterable[str]) -> set[str]:
    """Return the top-level names in a zip that are not the project's own."""
    tops = {name.partition("/")[0].removesuffix(".py") for name in packed}
    return tops - {"event_contracts", SERVICES}


def key_of(service: str, packed: dict[str, bytes]) -> str:
    """Name the zip after its contents: other contents are another key, equal ones the same."""
    digest = hashlib.sha256()
    for name, content in packed.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"{service}-{digest.hexdigest()[:20]}.zip"


def zip_of(packed: dict[str, bytes]) -> bytes:
    """Return a zip that is the same whenever and wherever it is made."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in packed.items():
            entry = zipfile.ZipInfo(name, date_time=LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE
            archive.writestr(entry, content)
    return file.getvalue()


def _sources(service: str) -> dict[str, bytes]:
    folder = ROOT / SERVICES / service
    if not (folder / "__init__.py").is_file():
        raise NotPackable(f"there is no service {service!r} in {SERVICES}")
    files = [ROOT / SERVICES / "__init__.py"]
    for package in (*(ROOT / shared for shared in SHARED), folder):
        files += package.rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files}


def _imports(sources: Iterable[bytes]) -> set[str]:
    """Name the top-level packages imported anywhere but for type checkers, and not our own."""
    found = {name for source in sources for name in _imports_in(ast.parse(source))}
    ours = {"event_contracts", SERVICES}
    return found - ours - RUNTIME - sys.stdlib_module_names


def _imports_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]
    for child in _run_parts_of(node):
        yield from _imports_in(child)


def _run_parts_of(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return node.orelse
    return ast.iter_child_nodes(node)


def _library_of(imported: str) -> str:
    libraries = metadata.packages_distributions().get(imported)
    if not libraries:
        raise NotPackable(f"no installed library provides {imported!r}")
    return libraries[0]


def _with_their_own(libraries: set[str]) -> set[str]:
    needed = {
        re.split(r"[^\w.-]", line, maxsplit=1)[0]
        for library in libraries
        for line in metadata.requires(library) or ()
        if "extra ==" not in line
    }
    return libraries | _with_their_own(needed) if needed else libraries


def _files_of(libraries: set[str]) -> dict[str, bytes]:
    return {
        str(file): Path(str(file.locate())).read_bytes()
        for library in libraries
        for file in _code_of(library)
    }


def _code_of(library: str) -> list[metadata.PackagePath]:
    files = [file for file in metadata.files(library) or () if ".." not in file.parts]
    compiled = [file for file in files if file.suffix in {".so", ".pyd", ".dylib"}]
    if compiled:
        raise NotPackable(f"{library} has compiled parts ({compiled[0]}): deploy an image")
    return [file for file in files if file.suffix == ".py"]


def main() -> None:
    """Write the zip to a file and print the key to store it under."""
    parser = argparse.ArgumentParser(description="Packs an extracted service for AWS Lambda.")
    parser.add_argument("service", help=f"a package of {SERVICES}")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    out, service = arguments.out, arguments.service
    packed = contents(service)
    out.write_bytes(zip_of(packed))
    print(f"{out}: {len(packed)} files, {out.stat().st_size} bytes, key {key_of(service, packed)}")


if __name__ == "__main__":
    main()
