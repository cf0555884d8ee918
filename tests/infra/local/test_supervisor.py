"""The supervisor keeps the shop's processes: none dies unnoticed, none is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from infra.local import supervisor
from infra.local.processes import DidNotStart
from infra.local.supervisor import GaveUp
from infra.local.waiting import wait_until
from tests.infra.local.stage import ROOT, is_alive

SUPERVISE = """
import pathlib, sys
from tests.infra.local.stage import Stage
stage = Stage(pathlib.Path(sys.argv[1]))
for name in ("web", "worker"):
    stage.supervisor.start(stage.program(name))
print("started", flush=True)
stage.supervisor.watch()
"""


def kill(stage, *names):
    pids = [stage.supervisor.pids[name] for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), f"{names} are dead")


def test_process_that_dies_is_named_and_started_again(stage, capsys):
    stage.supervisor.start(stage.program("web"))
    kill(stage, "web")

    stage.watch_until(lambda: stage.starts("web") == 2)

    assert "!!! web ended unexpectedly with -9; restarting it" in capsys.readouterr().out
    assert stage.living() == ["web"]


@pytest.mark.parametrize("code", [0, 3])
def test_process_that_somebody_waits_for_is_reported_and_not_started_again(stage, code):
    codes: list[int] = []
    stage.supervisor.start(stage.program("reads", "ends", str(code), ended=codes.append))

    stage.watch_until(lambda: bool(codes))

    assert codes == [code]
    assert stage.starts("reads") == 1
    assert stage.supervisor.pids == {}


def test_others_go_on_when_one_dies(stage):
    for name in ("postgres", "web", "worker"):
        stage.supervisor.start(stage.program(name))
    kill(stage, "web")

    stage.watch_until(lambda: stage.starts("web") == 2)

    assert [stage.starts(name) for name in ("postgres", "worker")] == [1, 1]


def test_supervisor_gives_up_on_what_keeps_dying_and_names_its_log(stage):
    stage.supervisor.start(stage.program("web", "ends", "4", is_ready=lambda: True))
    log = re.escape(str(stage.console.log_of("web")))

    with pytest.raises(GaveUp, match=f"web died 5 times within a minute: see its log {log}"):
        stage.watch_until(lambda: False)


def test_process_that_is_not_ready_in_time_is_stopped(stage):
    program = stage.program("web", is_ready=lambda: False, ready_seconds=0.3)

    with pytest.raises(DidNotStart, match=r"web was not ready within 0\.3 s"):
        stage.supervisor.start(program)

    assert stage.living() == []


def test_process_that_finishes_is_not_started_again(stage, capsys):
    stage.supervisor.start(stage.program("trade", "ends", "0", ends_by_itself=True))

    stage.watch_until(lambda: "trade" not in stage.supervisor.pids)

    assert "trade has finished" in capsys.readouterr().out
    assert stage.starts("trade") == 1


def test_process_that_should_finish_but_fails_is_started_again(stage, capsys):
    options = {"ends_by_itself": True, "is_ready": lambda: True}
    stage.supervisor.start(stage.program("trade", "ends", "1", **options))

    stage.watch_until(lambda: stage.starts("trade") == 2)

    assert "trade ended unexpectedly with 1" in capsys.readouterr().out


def test_everything_stops_in_reverse_order(stage):
    for name in ("postgres", "aws", "worker"):
        stage.supervisor.start(stage.program(name))

    stage.supervisor.stop_all()

    assert stage.stopped() == ["worker", "aws", "postgres"]


def test_process_that_ignores_the_signal_is_killed_and_costs_nobody_else_a_clean_end(stage, capsys):
    for name, how in (("postgres", "tidies"), ("web", "stubborn"), ("worker", "lives")):
        stage.supervisor.start(stage.program(name, how))

    stage.supervisor.stop_all()

    assert stage.stopped() == ["worker", "postgres"]
    assert stage.living() == []
    assert "!!! web did not stop by itself: killed" in capsys.readouterr().out


def test_everything_is_given_less_than_ten_seconds_to_stop():
    assert supervisor._STOP_SECONDS < 10


def test_everything_ends_when_the_supervisor_is_killed(stage):
    command = [sys.executable, "-c", SUPERVISE, stage.folder]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervising:
        assert supervising.stdout
        supervising.stdout.readline()
        assert sorted(stage.living()) == ["web", "worker"]
        supervising.kill()

    wait_until(lambda: stage.living() == [], "both are gone")


def test_what_the_restart_of_one_has_restarted_is_not_started_twice(stage):
    """Local AWS stops the worker while it starts again; both may have died at once."""

    def restart_aws():
        stage.supervisor.stop("worker")
        stage.supervisor.start(stage.program("aws"), restart=restart_aws)
        stage.supervisor.restart("worker")

    stage.supervisor.start(stage.program("aws"), restart=restart_aws)
    stage.supervisor.start(stage.program("worker", is_ready=lambda: True))
    wait_until(lambda: stage.starts("worker") == 1, "the worker runs")
    kill(stage, "aws", "worker")

    stage.watch_until(lambda: stage.starts("aws") == 2 and stage.starts("worker") == 2)

    assert stage.living() == ["aws", "worker"]


def test_change_is_told_each_time(stage):
    told = []
    stage.supervisor.on_change = lambda: told.append(sorted(stage.supervisor.pids))

    stage.supervisor.start(stage.program("web"))
    stage.supervisor.start(stage.program("worker"))
    stage.supervisor.stop("web")

    assert told == [["web"], ["web", "worker"], ["worker"]]
