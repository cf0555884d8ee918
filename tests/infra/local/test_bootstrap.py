"""From a bare machine to everything installed, once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.local.stage import ROOT

SCRIPT = ROOT / "infra" / "local" / "bootstrap.py"
OLD_PYTHON = f"""
import runpy, sys
sys.version_info, sys.version = (3, 9, 18), "3.9.18 (main)"
sys.argv = ["bootstrap.py", "up"]
runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
"""
# Stands where pip would: writes down what it is asked, and does as its folder says.
PIP = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/../asked"
test ! -e "$(dirname "$0")/../fails"
"""
LOCKS = ("run", "dev", "local-aws", "cdk", "bench")


class Checkout:
    """A checkout with locks that need nothing, whose environments record what pip is asked."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "infra" / "local").mkdir(parents=True)
        (folder / "locks").mkdir()
        self.script = shutil.copy(SCRIPT, folder / "infra" / "local")
        for lock in LOCKS:
            (folder / "locks" / f"{lock}.txt").write_text(f"# {lock}\n")

    def bootstrap(self, purpose):
        return subprocess.run(
            [sys.executable, self.script, purpose], capture_output=True, text=True, check=False
        )

    def install(self, folder, lock):
        """Pretend that an environment was installed: run the script with the recorder in place."""
        python = self.folder / folder / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PIP)
        python.chmod(0o755)
        self.stamp(folder).write_text(f"{lock} old {sys.version_info[0]}.{sys.version_info[1]}\n")

    def stamp(self, folder):
        return self.folder / folder / ".installed"

    def asked(self, folder):
        """Return which locks pip was asked for."""
        asked = self.folder / folder / "asked"
        lines = asked.read_text().splitlines() if asked.exists() else []
        return [Path(line.split()[-1]).name for line in lines]


@pytest.fixture
def checkout(tmp_path):
    made = Checkout(tmp_path)
    made.install(".venv", "dev")
    made.install(".venv-local-aws", "local-aws")
    return made


def test_second_run_does_nothing_and_starts_nothing(checkout):
    checkout.bootstrap("test")

    ended = checkout.bootstrap("test")

    assert (ended.returncode, ended.stdout) == (0, "")
    assert checkout.asked(".venv") == ["dev.txt"]


def test_changed_lock_is_installed_into_the_same_environment(checkout):
    checkout.bootstrap("test")
    (checkout.folder / "locks" / "dev.txt").write_text("# another\n")

    ended = checkout.bootstrap("test")

    assert "installing dev into .venv" in ended.stdout
    assert checkout.asked(".venv") == ["dev.txt", "dev.txt"]
    assert checkout.asked(".venv-local-aws") == ["local-aws.txt"]


def test_running_is_content_with_what_the_tests_have_installed(checkout):
    checkout.bootstrap("test")

    ended = checkout.bootstrap("up")

    assert (ended.returncode, ended.stdout) == (0, "")


def test_tests_are_not_content_with_what_running_has_installed(checkout):
    checkout.bootstrap("up")

    checkout.bootstrap("test")

    assert checkout.asked(".venv") == ["run.txt", "dev.txt"]


def test_benchmarks_get_the_other_outboxes_in_an_environment_of_their_own(checkout):
    checkout.install(".venv-bench", "bench")

    ended = checkout.bootstrap("bench")

    assert ended.returncode == 0, ended.stderr
    assert checkout.asked(".venv-bench") == ["bench.txt"]
    assert checkout.asked(".venv") == []


def test_failure_of_pip_is_told_in_one_line_and_not_taken_for_done(checkout):
    (checkout.folder / ".venv" / "fails").touch()

    ended = checkout.bootstrap("test")

    assert ended.returncode == 1
    assert ended.stderr == "could not install dev.txt: the lines above say why\n"
    assert not checkout.stamp(".venv").exists()


def test_environment_that_was_left_half_made_is_made_anew(tmp_path):
    """Ctrl-C while `venv` was at work: there is a Python, but neither pip nor a stamp."""
    checkout = Checkout(tmp_path)
    checkout.install(".venv-cdk", "cdk")
    checkout.stamp(".venv-cdk").unlink()

    ended = checkout.bootstrap("cdk")

    assert ended.returncode == 0, ended.stderr
    assert checkout.asked(".venv-cdk") == []
    assert checkout.stamp(".venv-cdk").exists()
    pip = [tmp_path / ".venv-cdk" / "bin" / "python", "-m", "pip", "--version"]
    assert subprocess.run(pip, capture_output=True, check=True).stdout.startswith(b"pip ")


def test_environment_of_another_python_is_made_anew(tmp_path):
    checkout = Checkout(tmp_path)
    checkout.install(".venv-cdk", "cdk")
    checkout.stamp(".venv-cdk").write_text("cdk old 3.9\n")

    ended = checkout.bootstrap("cdk")

    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / ".venv-cdk" / "bin" / "pip").exists()


def test_python_that_is_too_old_is_told_so():
    ended = subprocess.run(
        [sys.executable, "-c", OLD_PYTHON], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr == "Python 3.11 or newer is needed, this is 3.9.18\n"
