"""Cannot be loaded."""

from __future__ import annotations

print("importing")  # noqa: T201 - as handlers do
raise RuntimeError("broken at import")
