"""No process of the local platform outlives the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_EVERY_SECONDS = 1.0


def signal_at_parent_death(signal_number: int) -> None:
    """Have the kernel signal this process when its parent ends (Linux; elsewhere nothing).

    It is the parent's *thread* whose end counts: start such processes from a thread that stays.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number)


def stop_with_parent() -> None:
    """Terminate this process in its orderly way when its parent ends, on any platform."""
    parent = os.getppid()
    if sys.platform == "linux":
        signal_at_parent_death(signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we asked
            os.kill(os.getpid(), signal.SIGTERM)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="parent-watch").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
