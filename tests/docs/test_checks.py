"""Every id of the outbox's system checks is on its page, and no other."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "outbox" / "checks.md"
_GIVEN = re.compile(r'id="(outbox\.[EW]\d{3})"')
_DOCUMENTED = re.compile(r"^\| `(outbox\.[EW]\d{3})` \|", re.MULTILINE)


def given() -> set[str]:
    modules = (ROOT / "monolith" / "outbox" / "checks").glob("*.py")
    return {name for module in modules for name in _GIVEN.findall(module.read_text())}


def documented() -> list[str]:
    return _DOCUMENTED.findall(PAGE.read_text())


def test_ids_are_found_at_all():
    assert {"outbox.E001", "outbox.W003"} <= given()


def test_every_id_is_documented_once_and_every_documented_one_is_given():
    assert sorted(documented()) == sorted(given())


def test_numbers_are_not_used_twice_with_different_letters():
    numbers = [name[-3:] for name in given() if name not in {"outbox.E003", "outbox.W003"}]

    assert len(numbers) == len(set(numbers))
