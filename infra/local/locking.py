"""`make lock`: resolve pyproject.toml's dependencies into hashed lock files, no addresses."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_UNIVERSAL = (
    "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url",
    "--no-emit-find-links", "--no-header", "--no-annotate", "--quiet",
)  # fmt: skip
# Each later lock takes over the versions of the first, where it names the same package.
_LOCKS = {
    "run": ("pyproject.toml", "--group=local"),
    "dev": ("pyproject.toml", "--group=dev", "--constraint=locks/run.txt"),
    "sales-insights": ("--group=sales-insights", "--constraint=locks/run.txt"),
    "local-aws": ("--group=local-aws",),
    "cdk": ("--group=cdk",),
    "bench": ("--group=bench", "--constraint=locks/run.txt"),
}


def main() -> None:
    """Write every lock file; extra arguments (`--upgrade`) go to the resolver."""
    resolver = ROOT / ".venv-lock"
    if not resolver.exists():
        venv.create(resolver, with_pip=True, symlinks=True)
        subprocess.run([resolver / "bin/pip", "install", "--quiet", "uv"], check=True)
    for name, words in _LOCKS.items():
        print(f"locks/{name}.txt")
        subprocess.run(
            [resolver / "bin/uv", "pip", "compile", *words, *_UNIVERSAL, *sys.argv[1:],
             f"--output-file=locks/{name}.txt"],
            check=True,
            cwd=ROOT,
        )  # fmt: skip


if __name__ == "__main__":
    main()
