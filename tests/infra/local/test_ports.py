"""Whoever chooses a port has it for themselves, though nobody listens on it yet."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager

import pytest

from infra.local import ports
from infra.local.ports import free_port
from tests.infra.local.stage import ROOT

CHOOSE = """
import sys
from infra.local.ports import free_port
sys.stdin.readline()
preferred, count = map(int, sys.argv[1:])
print(*(free_port(preferred) for _ in range(count)), flush=True)
sys.stdin.read()
"""


class Chooser:
    """Another process, which chooses when it is told to, and lives until it is let go."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def begin(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("now\n")
        self.process.stdin.flush()

    def chosen(self) -> list[int]:
        assert self.process.stdout
        return [int(port) for port in self.process.stdout.readline().split()]


@contextmanager
def chooser(*, preferred=0, count=1):
    command = [sys.executable, "-c", CHOOSE, str(preferred), str(count)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Chooser(process)
        process.kill()


@pytest.fixture
def unclaimed_port():
    """A port that is free, and that no process has been given."""
    with chooser() as other:
        other.begin()
        (port,) = other.chosen()
    return port


def test_preferred_port_is_given_where_it_is_free(unclaimed_port):
    assert free_port(unclaimed_port) == unclaimed_port


def test_port_that_another_process_was_given_is_not_given_again(unclaimed_port):
    with chooser(preferred=unclaimed_port) as other:
        other.begin()
        assert other.chosen() == [unclaimed_port]

        ours = free_port(unclaimed_port)

    assert ours != unclaimed_port


def test_port_is_given_back_by_a_process_that_was_killed(unclaimed_port):
    with chooser(preferred=unclaimed_port) as other:
        other.begin()
        other.chosen()

    assert free_port(unclaimed_port) == unclaimed_port


def test_port_that_a_stranger_listens_on_is_not_given(unclaimed_port):
    with socket.create_server(("127.0.0.1", unclaimed_port)):
        ours = free_port(unclaimed_port)

    assert ours != unclaimed_port


def test_same_process_is_given_a_port_once(unclaimed_port):
    assert len({free_port(unclaimed_port) for _ in range(3)}) == 3


def test_shops_that_open_in_the_same_instant_share_no_port(unclaimed_port):
    with ExitStack() as stack:
        others = [
            stack.enter_context(chooser(preferred=unclaimed_port, count=50)) for _ in range(4)
        ]
        for other in others:
            other.begin()
        chosen = [port for other in others for port in other.chosen()]

    assert len(chosen) == len(set(chosen)) == 200
    assert chosen.count(unclaimed_port) == 1


def test_nothing_free_is_an_error_that_says_what_was_tried(monkeypatch):
    monkeypatch.setattr(ports, "_is_free", lambda _port: False)

    with pytest.raises(ports.NoFreePort, match="tried 8000 and 200 others"):
        free_port(8000)
