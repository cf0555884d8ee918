"""`python without_namespaces.py …`: PostgreSQL as on a machine that allows no user namespaces.

A namespace in which a second one is forbidden; its first user may still change to any other.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from infra.local import postgres

_CLONE_NEWUSER = 0x10000000
_EVERYBODY = "0 0 65536"
_COULD_NOT = 77


def main() -> None:
    """Map all users from outside, forbid from inside, then become the server."""
    entered, mapped = os.pipe(), os.pipe()
    if (child := os.fork()) == 0:
        if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) != 0:
            sys.exit(_COULD_NOT)
        os.write(entered[1], b".")
        os.read(mapped[0], 1)
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        postgres.main()
    os.read(entered[0], 1)
    for kind in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{kind}").write_text(_EVERYBODY)
    os.write(mapped[1], b".")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
