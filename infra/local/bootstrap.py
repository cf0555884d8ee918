"""From a bare machine to everything installed: `infra/local/bootstrap.py up|test|cdk|bench`.

Runs on the machine's own Python, so it uses the standard library only. What is installed
already, by the hash of its lock file, is not touched again.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "locks"
OLDEST_PYTHON = (3, 11)
PYTHON = f" {sys.version_info[0]}.{sys.version_info[1]}\n"
# The development lock holds everything that the running one does, in the same versions.
PURPOSES = {
    "up": ((".venv", "run", ("run", "dev")), (".venv-local-aws", "local-aws", ("local-aws",))),
    "test": ((".venv", "dev", ("dev",)), (".venv-local-aws", "local-aws", ("local-aws",))),
    "cdk": ((".venv-cdk", "cdk", ("cdk",)),),
    "bench": ((".venv-bench", "bench", ("bench",)),),
}


def install(folder: str, lock: str, sufficient: tuple[str, ...]) -> None:
    """Make a virtual environment hold what a lock file says, unless it does already."""
    environment = ROOT / folder
    stamp = environment / ".installed"
    # The stamp is written last: without it, somebody stopped in the middle.
    held = stamp.read_text() if (environment / "bin" / "python").exists() and stamp.exists() else ""
    if held in {_stamp(name) for name in sufficient}:
        return
    print(f"installing {lock} into {folder} …", flush=True)
    stamp.unlink(missing_ok=True)
    if not held.endswith(PYTHON):
        venv.create(environment, clear=True, with_pip=True, symlinks=True)
    _pip_install(environment, LOCKS / f"{lock}.txt")
    stamp.write_text(_stamp(lock))


def _pip_install(environment: Path, lock: Path) -> None:
    python = str(environment / "bin" / "python")
    # A lock is complete: nothing is left for pip to resolve.
    command = [
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--require-hashes", "--only-binary=:all:", "--requirement", str(lock),
    ]  # fmt: skip
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit(f"could not install {lock.name}: the lines above say why")


def _stamp(lock: str) -> str:
    digest = hashlib.sha256((LOCKS / f"{lock}.txt").read_bytes()).hexdigest()
    return f"{lock} {digest}{PYTHON}"


def main() -> None:
    """Install what a purpose needs."""
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise SystemExit(f"Python {oldest} or newer is needed, this is {sys.version.split()[0]}")
    for folder, lock, sufficient in PURPOSES[sys.argv[1]]:
        install(folder, lock, sufficient)


if __name__ == "__main__":
    main()
