"""Telling stale templates, without CDK."""

from __future__ import annotations

import pytest

from infra import synth


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "event-bus.json").write_text('{\n "Resources": {}\n}\n')
    return tmp_path


def test_equal_templates_are_not_stale(folder):
    assert synth.differences({"event-bus.json": '{\n "Resources": {}\n}\n'}, folder) == []


def test_a_changed_template_is_shown_as_a_diff(folder):
    lines = synth.differences({"event-bus.json": '{\n "Resources": {"Topic": 1}\n}\n'}, folder)

    assert lines[0] == "event-bus.json is stale: 1 lines more, 1 less"
    assert '- "Resources": {}' in lines
    assert '+ "Resources": {"Topic": 1}' in lines


def test_a_long_diff_is_cut_and_says_so(folder):
    grown = "".join(f"line {number}\n" for number in range(500))

    lines = synth.differences({"event-bus.json": grown}, folder)

    assert len(lines) < 70
    assert lines[-1].endswith("more lines")


def test_a_new_and_a_removed_template_are_stale(folder):
    assert synth.stale({"task-queues.json": "{}\n"}, folder) == [
        "event-bus.json",
        "task-queues.json",
    ]


def test_writing_leaves_exactly_the_synthesised_templates(folder):
    done = synth.write({"task-queues.json": "{}\n"}, folder)

    assert done == ["removed event-bus.json", "wrote task-queues.json"]
    assert [path.name for path in folder.iterdir()] == ["task-queues.json"]
    assert synth.write({"task-queues.json": "{}\n"}, folder) == []
