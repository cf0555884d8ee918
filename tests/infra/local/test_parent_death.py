"""No process of the local platform outlives the one that started it."""

from __future__ import annotations

import subprocess
import sys

import psutil

from infra.local.waiting import wait_until

CHILD = "from infra.local.aws.parent_death import *; stop_with_parent(); print('up', flush=True); "
PARENT = f"""
import subprocess, sys
command = [sys.executable, "-c", {CHILD + "time.sleep(60)"!r}]
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def test_child_ends_when_its_parent_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child_pid = int(parent.stdout.readline())
        parent.kill()

    wait_until(lambda: not is_running(child_pid), "the child is gone")


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
