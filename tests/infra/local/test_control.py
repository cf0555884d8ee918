"""Pulling the plug of one process from a second terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from infra.local import control, run_file
from infra.local.ports import free_port
from tests.infra.local.stage import ROOT


@pytest.fixture
def shop(stage):
    """Two processes under a supervisor that can be asked; returns a function that asks."""
    for name in ("web", "worker"):
        stage.supervisor.start(stage.program(name))
    port = control.serve(stage.supervisor.requests)
    run_file.write(stage.folder, {"control_port": port})

    def ask(*requests):
        answers = {}
        threads = [
            threading.Thread(
                target=lambda words=words: answers.update(
                    {words: control.ask(stage.folder, *words)}
                )
            )
            for words in requests
        ]
        for thread in threads:
            thread.start()
        stage.watch_until(lambda: len(answers) == len(requests))
        for thread in threads:
            thread.join()
        return [answers[words] for words in requests]

    return ask


def test_stopped_process_stays_stopped(shop, stage):
    assert shop(("stop", "web")) == ["done"]

    assert stage.living() == ["worker"]
    assert shop(("stop", "web")) == ["done"]


def test_stopped_process_starts_again(shop, stage):
    shop(("stop", "web"))

    assert shop(("start", "web")) == ["done"]

    assert sorted(stage.living()) == ["web", "worker"]
    assert stage.starts("web") == 2


def test_start_of_what_runs_changes_nothing(shop, stage):
    assert shop(("start", "web")) == ["done"]

    assert stage.starts("web") == 1


def test_restart_makes_a_new_process(shop, stage):
    before = stage.supervisor.pids["web"]

    assert shop(("restart", "web")) == ["done"]

    assert stage.supervisor.pids["web"] != before
    assert stage.stopped() == ["web"]


def test_two_requests_at_once_are_both_answered(shop, stage):
    assert shop(("stop", "web"), ("restart", "worker")) == ["done", "done"]

    assert stage.living() == ["worker"]
    assert stage.starts("worker") == 2


def test_unknown_process_is_answered_with_those_that_there_are(shop):
    assert shop(("stop", "wbe")) == ["failed: no process 'wbe' (there are web, worker)"]


def test_unknown_verb_is_answered_with_those_that_there_are(shop):
    assert shop(("explode", "web")) == [
        "failed: no verb 'explode' (there are stop, start, restart)"
    ]


def test_process_that_does_not_start_again_is_reported(shop, stage):
    failing = stage.program("web", "ends", "5", is_ready=lambda: False)
    stage.supervisor._programs["web"] = failing

    assert shop(("restart", "web")) == ["failed: web ended with 5"]


def test_nothing_runs_where_no_shop_ever_ran(tmp_path):
    with pytest.raises(control.NothingRuns, match="start one with make up"):
        control.ask(tmp_path, "stop", "web")


def test_nothing_runs_where_a_shop_was_killed(tmp_path):
    run_file.write(tmp_path, {"control_port": free_port()})

    with pytest.raises(control.NothingRuns, match="start one with make up"):
        control.ask(tmp_path, "stop", "web")


def test_shop_that_has_just_begun_to_start_cannot_be_asked_yet(tmp_path):
    run_file.write(tmp_path, {"pid": os.getpid()})

    with pytest.raises(control.NothingRuns, match="only just starting"):
        control.ask(tmp_path, "stop", "web")


def test_command_fails_with_one_line(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "infra.local.control", "stop", "web"],
        cwd=ROOT,
        env={**os.environ, "BANYAN_STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr == f"no shop runs from {tmp_path}: start one with make up\n"
