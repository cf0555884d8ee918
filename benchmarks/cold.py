"""`make bench-cold`: what each service weighs, and how long its import keeps a caller waiting.

Each zip is unpacked as Lambda does it: without byte code, and nobody may write any. The processes
that import know no other library than what is in the zip.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, at_most, publish, told
from infra.local import packaging

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "infra" / "templates"
ROUNDS = 11
MOST_MILLISECONDS = 400
_HANDLER = "extracted_services."
_IMPORT = """
import importlib, sys, time
sys.dont_write_bytecode = True
sys.path[:0] = sys.argv[2:]
began = time.perf_counter()
importlib.import_module(sys.argv[1])
print(1000 * (time.perf_counter() - began))
"""


def main() -> None:
    """Measure every service that a template deploys, in turns."""
    with tempfile.TemporaryDirectory(prefix="banyan-cold-") as folder:
        sys.exit(not publish("cold", measure(Path(folder))))


def measure(folder: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """Weigh and import every service; `folder` is for what is unpacked."""
    figures: list[Figure] = []
    importable: dict[str, list[str]] = {}
    for service in deployed_services():
        try:
            packed = packaging.contents(service)
        except packaging.NotPackable as error:
            figures.append(told(f"{service}: image", 1, "image", reference=str(error)))
            continue
        figures += _weights(service, packed)
        importable[service] = [str(_unpack(service, packed, folder))]
    return figures + _import_times(importable, rounds)


def deployed_services() -> list[str]:
    """Name the packages that the committed templates run as Lambda functions."""
    return sorted({handler.split(".")[1] for handler in _handlers() if handler})


def _handlers() -> Iterator[str]:
    for file in TEMPLATES.glob("*.json"):
        for resource in json.loads(file.read_text())["Resources"].values():
            handler = str(resource.get("Properties", {}).get("Handler", ""))
            if handler.startswith(_HANDLER):
                yield handler


def _weights(service: str, packed: dict[str, bytes]) -> list[Figure]:
    unpacked = sum(map(len, packed.values())) / 1e3
    libraries = ", ".join(sorted(packaging.libraries_in(packed)))
    return [
        told(f"{service}: zip", len(packaging.zip_of(packed)) / 1e3, "kB",
             reference=f"{len(packed)} files, {unpacked:,.0f} kB unpacked; {libraries}")
    ]  # fmt: skip


def _unpack(service: str, packed: dict[str, bytes], folder: Path) -> Path:
    target = folder / service
    zipfile.ZipFile(BytesIO(packaging.zip_of(packed))).extractall(target)
    return target


def _import_times(importable: dict[str, list[str]], rounds: int) -> list[Figure]:
    found: dict[str, list[float]] = {name: [] for name in (*importable, "json")}
    for _ in range(rounds):
        for service, path in importable.items():
            found[service].append(_import(f"{_HANDLER}{service}.handlers", path))
        found["json"].append(_import("json", []))
    medians = {name: statistics.median(times) for name, times in found.items()}
    reference = f"import json alone: {medians.pop('json'):.1f} ms"
    return [
        at_most(f"{service}: import", milliseconds, "ms", bar=MOST_MILLISECONDS,
                reference=reference)
        for service, milliseconds in medians.items()
    ]  # fmt: skip


def _import(module: str, path: list[str]) -> float:
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _IMPORT, module, *path],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(ended.stdout)


if __name__ == "__main__":
    main()
