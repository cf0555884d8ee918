"""What a test tells a relay's process while it runs, in memory that both share."""

from __future__ import annotations

import ctypes


class Control(ctypes.Structure):
    """Offsets of the clocks, in seconds, and a signal to send to itself around the next call."""

    _fields_ = [
        ("wall_offset", ctypes.c_double),
        ("monotonic_offset", ctypes.c_double),
        ("signal_before_call", ctypes.c_int),
        ("signal_after_call", ctypes.c_int),
    ]
    wall_offset: float
    monotonic_offset: float
    signal_before_call: int
    signal_after_call: int
