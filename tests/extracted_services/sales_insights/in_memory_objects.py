"""Objects in memory, which keep the same promises as a bucket; and ways of dying at a step."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any

from extracted_services.sales_insights.store import Gone, ManifestMoved

if TYPE_CHECKING:
    from collections.abc import Sequence


class InMemoryObjects:
    def __init__(self) -> None:
        self.name = "lake"
        self.objects: dict[str, bytes] = {}

    def get(self, key: str) -> tuple[bytes, str]:
        if key not in self.objects:
            raise Gone(key)
        return self.objects[key], self._token(key)

    def put(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def replace(self, key: str, content: bytes, token: str | None) -> None:
        present = self._token(key) if key in self.objects else None
        if present != token:
            raise ManifestMoved(key)
        self.objects[key] = content

    def list(self, prefix: str, most: int) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))[:most]

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    def _token(self, key: str) -> str:
        return md5(self.objects[key], usedforsecurity=False).hexdigest()


class PowerCut(Exception):
    """The function was killed."""


class Mortal:
    """Objects whose n-th change, counted from 0, does not happen any more."""

    def __init__(self, objects: InMemoryObjects, changes: int) -> None:
        self._objects, self._left = objects, changes
        self.name = objects.name

    def __getattr__(self, name: str) -> Any:
        if name in {"put", "replace", "delete"}:
            if self._left == 0:
                raise PowerCut(name)
            self._left -= 1
        return getattr(self._objects, name)
