"""One process of the shop: its log, its readiness, its end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from infra.local.processes import DidNotStart, Process, Program
from infra.local.steps import StepFailed, Steps
from infra.local.waiting import Interrupted, NeverHappened, wait_until
from tests.infra.local.stage import ROOT


def never():
    return False


@pytest.fixture
def steps(stage):
    return Steps(directory=ROOT, console=stage.console, environment={}, is_over=stage.is_over)


def test_output_is_kept_in_a_log_of_its_own(stage):
    process = Process(stage.program("web", "ends", "0"), stage.console, ROOT)

    process.wait_stopped(seconds=30)

    assert stage.console.log_of("web").read_text() == "web has started\n"


def test_output_is_shown_after_the_name_of_the_process(stage, capsys):
    stage.console._quiet = False
    process = Process(stage.program("web", "ends", "0"), stage.console, ROOT)

    process.wait_stopped(seconds=30)

    assert capsys.readouterr().out == "         web | web has started\n"


def test_environment_is_added_to_that_of_the_supervisor(stage, monkeypatch):
    monkeypatch.setenv("INHERITED", "yes")
    code = "import os; print(os.environ['INHERITED'], os.environ['GIVEN'])"
    program = Program(
        name="web", command=(sys.executable, "-c", code), environment={"GIVEN": "too"}
    )

    Process(program, stage.console, ROOT).wait_stopped(seconds=30)

    assert stage.console.log_of("web").read_text() == "yes too\n"


def test_process_that_ends_while_it_starts_is_reported(stage):
    process = Process(stage.program("web", "ends", "3", is_ready=never), stage.console, ROOT)

    with pytest.raises(DidNotStart, match="web ended with 3"):
        process.wait_ready(never)


def test_start_can_be_interrupted(stage):
    process = Process(stage.program("web", is_ready=never), stage.console, ROOT)

    with pytest.raises(Interrupted, match="while web was starting"):
        process.wait_ready(lambda: True)

    process.ask_to_stop()
    process.wait_stopped(seconds=30)


def test_whole_group_of_a_process_that_does_not_stop_is_killed(stage):
    process = Process(stage.program("web", "parent"), stage.console, ROOT)
    wait_until(lambda: sorted(stage.living()) == ["web", "webs-child"], "both live")
    process.ask_to_stop()

    with pytest.raises(NeverHappened, match="web did not stop by itself: killed"):
        process.wait_stopped(seconds=0.1)

    wait_until(lambda: stage.living() == [], "both are gone")


def test_process_whose_owner_has_ended_meanwhile_does_not_start(tmp_path):
    somebody_else = str(os.getppid())

    ended = subprocess.run(
        [sys.executable, "-m", "infra.local.owned", somebody_else, "touch", tmp_path / "started"],
        cwd=ROOT,
        check=False,
    )

    assert ended.returncode == 1
    assert not (tmp_path / "started").exists()


def test_step_tells_how_long_it_took(steps, capsys):
    steps.run("migrate", "true")

    assert "migrate: done in 0." in capsys.readouterr().out


def test_failing_step_is_named_with_its_log(steps, stage):
    log = stage.console.log_of("migrate")

    with pytest.raises(StepFailed, match=f"migrate ended with 1: see its log {log}"):
        steps.run("migrate", "false")


def test_ctrl_c_in_the_middle_of_a_step_stops_it(steps, stage):
    command = stage.program("import").command
    stage.ends_when = lambda: stage.starts("import") == 1

    with pytest.raises(Interrupted, match="during import"):
        steps.run("import", *command)

    assert stage.stopped() == ["import"]
