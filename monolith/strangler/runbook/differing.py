"""What differs from path to path: taken from the declarations, so that it is true of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monolith.strangler import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.strangler.registry import MovingRead

TITLES = (
    "path", "family", "whom the canary draws", "asked for at most", "kinds of question",
    "reconciled", "heartbeats",
)  # fmt: skip


def rows() -> Iterator[tuple[str, ...]]:
    """Yield a row of each declared path."""
    for name in registry.names():
        path = registry.get_path(name)
        yield (
            f"`{name}`",
            path.family,
            _drawn(path),
            "the usual time" if path.timeout_seconds is None else f"{path.timeout_seconds:g} s",
            str(len(path.shapes)),
            "key by key" if path.checksum_request is None else "by checksum",
            "none: B2 is never passed" if path.heartbeat is None else "yes",
        )


def _drawn(path: MovingRead[Any, Any]) -> str:
    if path.is_about_somebody:
        return "whoever the read is about"
    return "whoever asks, by their cookie" + (": staff, too" if path.for_staff else "")
