"""The code stays as small as that of the models in CONTRIBUTING.md, and its vocabulary closed."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("benchmarks", "event_contracts", "extracted_services", "infra", "monolith")
MODULES = sorted(
    path
    for folder in CODE
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
LONGEST_MODULE = 300
LONGEST_MEDIAN_FUNCTION = 10
VAGUE_NAMES = {"utils", "helpers", "common", "base", "misc", "shared", "exceptions"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_too_long_to_read(module):
    lines = len(module.read_text().splitlines())

    assert lines <= LONGEST_MODULE, (
        f"{module.relative_to(ROOT)} has {lines} lines: split it by topic"
    )


def test_functions_are_small():
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert statistics.median(lengths) <= LONGEST_MEDIAN_FUNCTION


def test_every_file_says_what_it_is_about_by_its_name():
    vague = [str(path.relative_to(ROOT)) for path in MODULES if path.stem in VAGUE_NAMES]

    assert vague == []


def test_every_module_says_what_question_it_answers():
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if (tree := ast.parse(path.read_text())).body and ast.get_docstring(tree) is None
    ]

    assert silent == []
