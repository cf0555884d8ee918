"""The clocks of a process under test, which jump when its control says so.

What Python code can see jumps: `time.time` and `time.monotonic`, for whoever imports them after
`install`. `datetime.now`, timeouts inside C code and the clock of the database cannot be moved.
"""

from __future__ import annotations

import time

from tests.monolith.outbox.faults.control import Control

_true_time = time.time
_true_monotonic = time.monotonic


class _Skew:
    by = Control()


def install() -> None:
    """Replace the clocks of this process; they are right until somebody moves them."""
    time.time = lambda: _true_time() + _Skew.by.wall_offset
    time.monotonic = lambda: _true_monotonic() + _Skew.by.monotonic_offset


def follow(control: Control) -> None:
    """Let the clocks of this process be moved through a control."""
    _Skew.by = control
