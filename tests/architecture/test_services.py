"""Every extracted service has the same shape: whoever knows one knows all."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each a module, or a package where one question needs more than a module can hold.
MODULES = {"handlers", "projection", "queries", "store", "view"}
FILES = MODULES | {"README", "__init__"}
# What answers no read path: the libraries, who guards the edge, and who writes letters.
NOT_SERVICES = {"edge_authorizer", "lambda_support", "order_confirmation", "read_models"}
SERVICES = sorted(
    folder.name
    for folder in (ROOT / "extracted_services").iterdir()
    if (folder / "__init__.py").exists() and folder.name not in NOT_SERVICES
)
service = pytest.mark.parametrize("name", SERVICES)


def test_there_are_services():
    assert "order_history" in SERVICES


@service
def test_service_has_its_five_files_and_a_page_and_nothing_else(name):
    folder = ROOT / "extracted_services" / name

    assert {path.stem for path in folder.iterdir() if path.name != "__pycache__"} == FILES


@service
def test_service_has_a_stack(name):
    stack = ROOT / "infra" / "services" / f"{name}.py"
    template = ROOT / "infra" / "templates" / f"{name.replace('_', '-')}.json"

    assert stack.is_file()
    assert template.is_file()


@service
def test_service_has_tests_of_its_own(name):
    assert list((ROOT / "tests" / "extracted_services" / name).glob("test_*.py"))


@service
def test_service_is_a_read_path_of_the_monolith(name):
    declarations = [path.read_text() for path in _declarations(ROOT / "monolith")]

    assert any(f'"{name}"' in text for text in declarations)


def _declarations(monolith):
    """List where apps declare the reads that are moving out: a module, or a package of them."""
    return [*monolith.glob("*/migration_paths.py"), *monolith.glob("*/migration_paths/*.py")]
