"""One shop at a time from one state directory, and Ctrl-C at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from infra.local import run_file
from infra.local.waiting import wait_until
from tests.infra.local.stage import ROOT, is_alive

CLAIM = """
import pathlib, sys, time
from infra.local import run_file
state = pathlib.Path(sys.argv[1])
run_file.claim(state)
run_file.write(state, {**run_file.read(state), "web": "http://127.0.0.1:8123", "is_open": True})
print("claimed", flush=True)
time.sleep(60)
"""


@contextmanager
def first_shop(state):
    """Hold a state directory as an open shop does, until it is killed."""
    command = [sys.executable, "-c", CLAIM, str(state)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def up(state):
    return [sys.executable, "-m", "infra.local.up", "--no-trade", f"--state-dir={state}"]


def test_second_shop_is_refused_with_the_address_of_the_first(tmp_path):
    with first_shop(tmp_path) as first:
        second = subprocess.run(up(tmp_path), cwd=ROOT, capture_output=True, text=True, check=False)
        still_there = run_file.read(tmp_path)

    assert second.returncode == 1
    assert second.stderr == (
        f"a shop runs from here already: http://127.0.0.1:8123 (process {first.pid})\n"
    )
    assert still_there["is_open"]


def test_what_a_killed_shop_has_left_is_no_obstacle(tmp_path):
    with first_shop(tmp_path) as first:
        first.kill()

    run_file.claim(tmp_path)

    assert run_file.read(tmp_path) == {"pid": os.getpid()}


def test_number_of_a_killed_shop_that_is_somebody_elses_by_now_is_no_obstacle(tmp_path):
    run_file.write(tmp_path, {"pid": os.getppid(), "web": "http://127.0.0.1:8123"})

    run_file.claim(tmp_path)

    assert run_file.read(tmp_path) == {"pid": os.getpid()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_ctrl_c_while_it_opens_leaves_nothing_running(tmp_path, number):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = up(tmp_path)
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as shop:
        half_made = tmp_path / "postgres" / "half-made"
        wait_until(half_made.exists, "PostgreSQL is starting", every=0.001)
        children = [child.pid for child in psutil.Process(shop.pid).children(recursive=True)]
        shop.send_signal(number)
        said, _ = shop.communicate(timeout=60)

    assert shop.returncode == 0
    assert "stopped while postgres was starting" in said
    assert not any(map(is_alive, children))
    assert run_file.read(tmp_path) == {}
