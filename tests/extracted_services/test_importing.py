"""A cold start stays cheap: the handlers of no service import what is heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import extracted_services

(FOLDER,) = map(Path, extracted_services.__path__)
SERVICES = sorted(handlers.parent.name for handlers in FOLDER.glob("*/handlers.py"))
HEAVY = "boto3 botocore.session cryptography django duckdb pydantic urllib3"


def test_there_are_services():
    assert "order_history" in SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_importing_the_handlers_imports_nothing_heavy(service):
    program = (
        f"import sys, extracted_services.{service}.handlers;"
        f"print(sorted(set({HEAVY!r}.split()) & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.strip() == "[]"
