"""Whoever follows a link arrives."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import FOLDERS, PAGES, ROOT, code_of, name_of

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(FOLDERS)}|locks)/[\w./-]+")


def _anchors(page):
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(page.read_text())
    }


def _broken_links(page):
    for link in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_resolves(page):
    assert list(_broken_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_is_named_exists(page):
    named = {path.rstrip(".") for path in PATH.findall(code_of(page))}

    assert [path for path in sorted(named) if not any(ROOT.glob(path))] == []
