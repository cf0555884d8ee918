from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monolith.config.environment import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "settings.md"
_TYPED = re.compile(r'environment\.(?:text|flag|number|names)\(\s*"(\w+)"')
_PLAIN = re.compile(r'environ(?:\.get\(|\[)\s*"(\w+)"')
# What AWS Lambda promises every function is no setting of ours.
_PROMISED_BY_LAMBDA = "AWS_LAMBDA_"


def documented() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))


def read_by(pattern: re.Pattern[str], *files: Path) -> set[str]:
    return {name for file in files for name in pattern.findall(file.read_text())}


def read_anywhere() -> set[str]:
    config = ROOT / "monolith" / "config"
    plain = read_by(_PLAIN, config / "environment.py", *(ROOT / "infra").rglob("*.py"))
    typed = read_by(_TYPED, config / "settings.py")
    return typed | {name for name in plain if not name.startswith(_PROMISED_BY_LAMBDA)}


def test_every_variable_that_is_read_is_documented():
    assert read_anywhere() - documented() == set()


def test_every_documented_variable_is_read():
    assert documented() - read_anywhere() == set()


def test_readers_are_found_at_all():
    assert {"DATABASE_URL", "BANYAN_STATE_DIR", "TRADE"} <= read_anywhere()
