"""Decisions, runbook, changelog and the table of dependencies are complete."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch

import pytest

from tests.docs.pages import ROOT, name_of

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
HEADINGS = ["## Context", "## Decision", "## Consequences", "## Rejected"]
RUNBOOK = ROOT / "docs" / "runbook"
DEPENDENCY = re.compile(r"^[A-Za-z0-9._-]+")


@pytest.mark.parametrize("record", DECISIONS, ids=name_of)
def test_every_decision_says_why_what_at_which_cost_and_what_not(record):
    headings = re.findall(r"^## .+$", record.read_text(), re.MULTILINE)

    assert [heading for heading in headings if heading in HEADINGS] == HEADINGS


@pytest.mark.parametrize("record", DECISIONS, ids=name_of)
def test_every_decision_is_in_the_index_under_its_number_and_title(record):
    number, title = re.findall(r"\A# (\d+)\. (.+)\n", record.read_text())[0]
    index = (record.parent / "README.md").read_text()

    assert f"{int(number):04}-" == record.name[:5]
    assert f"| {number} | [{title}]({record.name}) |" in index


def test_decisions_are_numbered_without_gaps():
    assert [int(record.name[:4]) for record in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", sorted(RUNBOOK.glob("*/*.md")), ids=name_of)
def test_every_page_of_the_runbook_is_linked_from_its_front(page):
    assert f"]({page.relative_to(RUNBOOK)})" in (RUNBOOK / "README.md").read_text()


def test_every_page_about_an_alarm_has_an_alarm():
    files = [
        *(ROOT / "infra" / "templates").glob("*.json"),
        *(ROOT / "infra" / "monitoring").glob("*-alerts.yml"),
    ]
    alarms = "".join(path.read_text() for path in files)
    named = set(re.findall(r"docs/runbook/alarms/([a-z-]+)\.md", alarms))

    assert {page.stem for page in (RUNBOOK / "alarms").glob("*.md")} == named


def test_changelog_has_what_is_not_released_on_top():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "Unreleased"


def _declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    lines = [*project["project"]["dependencies"], *(line for group in groups for line in group)]
    return {DEPENDENCY.findall(line)[0].lower() for line in lines if isinstance(line, str)}


def _explained():
    (table,) = re.findall(
        r"^\| dependency \| for \|\n\|---\|---\|\n((?:\|.*\n?)+)",
        (ROOT / "README.md").read_text(),
        re.MULTILINE,
    )
    cells = [line.split("|")[1] for line in table.splitlines()]
    return {name.strip().partition("[")[0] for cell in cells for name in cell.split(",")}


def test_every_dependency_is_explained():
    explained = _explained()

    unexplained = [
        name for name in _declared() if not any(fnmatch(name, pattern) for pattern in explained)
    ]

    assert unexplained == []


def test_nothing_is_explained_that_is_not_a_dependency():
    declared = _declared()

    left_over = [
        pattern for pattern in _explained() if not any(fnmatch(name, pattern) for name in declared)
    ]

    assert left_over == []
