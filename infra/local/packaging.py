"""The zip that AWS Lambda runs: the services' sources, and the libraries its runtime lacks.

`python -m infra.local.packaging --out services.zip`. The local Lambda host runs the working tree
instead, but the stacks want a zip there, too.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import zipfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("event_contracts", "extracted_services")
# Pure Python, in the versions of the lock file; Lambda's runtime brings boto3 itself.
LIBRARIES = ("aws-lambda-powertools", "jmespath", "typing-extensions")
# Zip knows no earlier time; a real one would make every zip another.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16


def contents() -> dict[str, bytes]:
    """Return what goes into the zip, by the path in it."""
    return dict(sorted((_sources() | _libraries()).items()))


def key_of(packed: dict[str, bytes]) -> str:
    """Name the zip after its contents: other contents are another key, equal ones the same."""
    digest = hashlib.sha256()
    for name, content in packed.items():
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return f"services-{digest.hexdigest()[:20]}.zip"


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


def _sources() -> dict[str, bytes]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in SOURCES
        for path in (ROOT / folder).rglob("*.py")
    }


def _libraries() -> dict[str, bytes]:
    return {
        str(file): Path(str(file.locate())).read_bytes()
        for library in LIBRARIES
        for file in metadata.files(library) or ()
        if file.suffix == ".py" and ".." not in file.parts
    }


def main() -> None:
    """Write the zip to a file and print the key to store it under."""
    parser = argparse.ArgumentParser(description="Packs the extracted services for AWS Lambda.")
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    packed = contents()
    out.write_bytes(zip_of(packed))
    print(f"{out}: {len(packed)} files, {out.stat().st_size} bytes, key {key_of(packed)}")


if __name__ == "__main__":
    main()
