"""Ports: the usual one, or another when somebody has taken it; nobody is given the same one."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from functools import cache
from pathlib import Path

# Below those that the kernel gives to outgoing connections: one could take a port between the
# moment it is chosen and the moment it is listened on.
_OTHERS = range(20_000, 32_000)
_TRIES = 200
_given: set[int] = set()


class NoFreePort(OSError):
    """Neither the preferred port nor any that was tried is free on loopback."""


def free_port(preferred: int = 0) -> int:
    """Return the preferred port if it is free on loopback, else another one that is.

    It is this process's as long as that lives, whether somebody listens on it or not: no other
    process of this user is given it, so two shops may open in the same instant.

    Raises:
        NoFreePort: there is none.
    """
    others = random.sample(_OTHERS, _TRIES)
    for port in (preferred, *others) if preferred else others:
        if _claim(port) and _is_free(port):
            _given.add(port)
            return port
    raise NoFreePort(f"no free port on loopback: tried {preferred or 'none'} and {_TRIES} others")


def _claim(port: int) -> bool:
    """Lock the byte of a port: the end of the process gives it back, however it comes."""
    if port in _given:
        return False
    try:
        fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@cache
def _claims() -> int:
    """Open the file whose bytes stand for ports. Never closed: that would give all of them back."""
    file = Path(tempfile.gettempdir()) / f"banyan-ports-{os.getuid()}"
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
