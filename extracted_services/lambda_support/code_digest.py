"""Which code is this? A digest of the sources as they were loaded, so that nobody has to say it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_DIGITS = 20
_SHARED = ("event_contracts", "extracted_services.lambda_support", "extracted_services.read_models")


def build_of(service: str) -> str:
    """Digest a service's package together with what all services share."""
    return code_of(*_SHARED, service)


def code_of(*packages: str) -> str:
    """Digest the Python sources of these packages, those within them included.

    Equal sources have equal digests wherever they lie: in a folder, or packed in a zip.
    """
    from importlib.resources import files  # only the first request after a start needs it

    digest = hashlib.sha256()
    for package in packages:
        for name, source in _sources(files(package), package):
            digest.update(f"{name}\0{len(source)}\0".encode())
            digest.update(source)
    return digest.hexdigest()[:_DIGITS]


def _sources(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        within = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _sources(entry, within)
        elif entry.name.endswith(".py"):
            yield within, entry.read_bytes()
