"""The published revisions of every event: golden examples and schemas, which are never edited.

`<type>.json` is the first revision of a version; a compatible addition gets `<type>.<n>.json`.
`python -m event_contracts.snapshots` writes the schemas that changed since their last revision.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from event_contracts.json_schema import Schema, closed_schema
from event_contracts.registry import EVENT_CLASSES

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = Path(__file__).parent / "schemas"


def list_revisions(folder: Path, event_type: str) -> list[Path]:
    """Return the published files of an event, the oldest first."""
    first = folder / f"{event_type}.json"
    later = folder.glob(f"{event_type}.[0-9]*.json")
    return [path for path in (first, *sorted(later, key=_revision)) if path.exists()]


def read_schemas(event_type: str) -> list[Schema]:
    """Return the published schemas of an event, the oldest first."""
    return [json.loads(path.read_text()) for path in list_revisions(SCHEMAS, event_type)]


def write_changed_schemas() -> list[Path]:
    """Add a revision for every event whose class says something new; return the new files."""
    return [
        _write(event_type, schema)
        for event_type, cls in EVENT_CLASSES.items()
        if (schema := closed_schema(cls)) not in read_schemas(event_type)[-1:]
    ]


def _write(event_type: str, schema: Schema) -> Path:
    count = len(list_revisions(SCHEMAS, event_type))
    path = SCHEMAS / f"{event_type}{f'.{count}' if count else ''}.json"
    path.write_text(to_text(schema))
    return path


def to_text(schema: Any) -> str:
    """Write a schema as the committed files have it."""
    return json.dumps(schema, indent=2) + "\n"


def _revision(path: Path) -> int:
    return int(path.suffixes[-2].removeprefix("."))


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write_changed_schemas())
