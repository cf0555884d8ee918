"""Ports: the usual one, or a free one when somebody has taken it."""

from __future__ import annotations

import socket


def free_port(preferred: int = 0) -> int:
    """Return the preferred port if it is free on loopback, else any free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on loopback")
