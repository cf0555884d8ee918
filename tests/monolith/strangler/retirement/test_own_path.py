"""The checklist of this shop's own path: followed to the letter, nothing hangs in the air."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from monolith.strangler import registry
from monolith.strangler.deciding.stages import Stage
from monolith.strangler.models import PathState
from monolith.strangler.retirement import looking
from monolith.strangler.retirement.items import Section
from tests.monolith.strangler.library import Library

ROOT = Path(__file__).resolve().parents[4]
RUFF = Path(sys.executable).with_name("ruff")
ANSWER = "monolith.ordering.queries.history.list_orders_for_customer"


@pytest.fixture(scope="module")
def found():
    return looking.look("order_history")


@pytest.fixture
def kept_by_heart(found, monkeypatch):
    """Parse the shop once: it takes seconds."""
    monkeypatch.setattr(looking, "look", lambda *_arguments, **_options: found)


@pytest.mark.parametrize("path", registry.names())
def test_every_read_goes_through_the_strangler(path):
    found = looking.look(path, tests="tests/nowhere")

    assert [item.what for item in found.items if item.section is Section.CALLER] == []


def test_the_query_goes_and_what_backfills_need_stays(found):
    code = [item.what for item in found.items if item.section is Section.CODE]
    helpers = {name.rpartition(".")[2] for name in code if "migration_paths" in name}
    assert [name for name in code if "migration_paths" not in name] == [ANSWER]
    assert {"_shape_of", "_sample_queries", "_checksum_request"} <= helpers
    assert not {"_snapshot", "_keys_after", "_subject_of", "_heartbeat"} & helpers
    assert {kept.what.rpartition(".")[2] for kept in found.kept} == {"_read"}


def test_every_line_is_where_it_is_said_to_be(found):
    for item in found.items:
        line = (ROOT / item.file).read_text().splitlines()[item.line - 1]
        name = item.what.rpartition(" ")[2].rpartition(".")[2]
        assert name in line or item.section in {Section.INDEX, Section.TEST}, item


def test_after_the_deletion_no_name_is_missing_and_none_is_left_over(found, tmp_path):
    files = _after_deletion(found)
    for file, text in files.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    checked = subprocess.run(
        [RUFF, "check", "--isolated", "--select=F", "--no-cache", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(files) == 3
    assert not any("list_orders_for_customer" in text for text in files.values())
    assert checked.returncode == 0, checked.stdout


def _after_deletion(found):
    """Do in copies what the checklist says."""
    doomed = defaultdict(set)
    for item in found.items:
        if item.section in {Section.CODE, Section.EXPORT, Section.IMPORT, Section.DECLARATION}:
            doomed[item.file].add(item)
    return {file: _edited((ROOT / file).read_text(), items) for file, items in doomed.items()}


def _edited(text, items):
    lines = dict(enumerate(text.splitlines(), 1))
    for item in items:
        if item.section is Section.CODE:
            for number in _span(text, item.line):
                del lines[number]
        elif item.section is Section.DECLARATION:
            lines[item.line] = re.sub(r"=.*,", "=None,", lines[item.line])
        else:
            _drop_name(lines, item)
    return "\n".join(lines.values()) + "\n"


def _span(text, line):
    (node,) = [node for node in ast.parse(text).body if node.lineno == line]
    return range(node.lineno, node.end_lineno + 1)


def _drop_name(lines, item):
    name = item.what.rpartition(" ")[2].rpartition(".")[2]
    rest = re.sub(rf',? ?"?\b{name}\b"?,?', "", lines[item.line])
    lines[item.line] = rest if rest.strip() and not rest.endswith("import") else ""


@pytest.mark.django_db
def test_the_verb_prints_boxes_with_lines(kept_by_heart):
    printed = _run("order_history")

    assert printed.startswith("order_history: ")
    assert "not retired yet: delete nothing" in printed
    assert "  [x] none" in printed
    assert re.search(rf"  \[ \] monolith/ordering/queries/history\.py:\d+  {ANSWER}", printed)


@pytest.mark.django_db
def test_at_retired_nothing_holds_anybody_back(kept_by_heart):
    PathState.objects.create(path="order_history", stage=Stage.RETIRED, changed_at=timezone.now())

    assert "not retired yet" not in _run("order_history")


@pytest.mark.django_db
def test_json_is_what_since_takes(kept_by_heart, found, tmp_path, monkeypatch):
    file = tmp_path / "order_history.json"
    file.write_text(_run("order_history", "--json"))
    given = {}
    monkeypatch.setattr(looking, "look", lambda _path, **options: (given.update(options), found)[1])

    _run("order_history", f"--since={file}")

    assert given["earlier"] == found
    assert json.loads(file.read_text())["left"] == found.left


@pytest.mark.django_db
def test_check_fails_while_something_is_left(kept_by_heart):
    with pytest.raises(CommandError, match="items are left") as refusal:
        _run("order_history", "--check")

    assert refusal.value.returncode == 2


def test_a_file_that_is_no_checklist_is_refused(kept_by_heart, tmp_path):
    file = tmp_path / "other.json"
    file.write_text("{}")

    with pytest.raises(CommandError, match="is no checklist") as refusal:
        _run("order_history", f"--since={file}")

    assert refusal.value.returncode == 1


def test_an_answer_of_an_object_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(registry._declared, "shelf", Library().path())

    with pytest.raises(CommandError) as refusal:
        _run("shelf")

    assert refusal.value.returncode == 1


def test_a_path_whose_answer_is_deleted_still_has_a_checklist(monkeypatch):
    deleted = replace(registry.get_path("order_history"), monolith_answer=None)
    monkeypatch.setitem(registry._declared, "order_history", deleted)

    found = looking.look("order_history", tests="tests/nowhere")

    assert found.answer == ""
    sections = {item.section for item in found.items}
    assert Section.CALLER not in sections
    assert sections >= {Section.DECLARATION, Section.CODE}


def _run(*words):
    out = io.StringIO()
    call_command("strangler", "retirement", *words, stdout=out)
    return out.getvalue()
