"""Nothing in the tree tells where it was made: no machine's paths, no registry's address."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(
    r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b|https?://", re.MULTILINE
)
MACHINE = re.compile(r"/(?:root|home|Users)/\w|/work/\w")


def _tracked():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listing.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_lock_files_name_no_registry():
    found = [
        lock.name for lock in (ROOT / "locks").glob("*.txt") if ADDRESS.search(lock.read_text())
    ]

    assert found == []


def test_every_locked_requirement_has_a_hash():
    for lock in (ROOT / "locks").glob("*.txt"):
        requirements = re.findall(r"^[a-z0-9][^\n]*==[^\n]*", lock.read_text(), re.MULTILINE)

        assert requirements, lock.name
        assert all(line.endswith("\\") for line in requirements), lock.name
        assert lock.read_text().count("--hash=sha256:") >= len(requirements)


def test_no_tracked_file_names_a_path_of_one_machine():
    found = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if path != Path(__file__) and MACHINE.search(path.read_text(errors="ignore"))
    ]

    assert found == []
