"""Journeys that were not run are told in the last line, and fail under CI."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.infra.local.stage import ROOT

JOURNEY = "def test_journey(browser):\n    raise AssertionError\n"
OTHER = "def test_other():\n    pass\n"
# The conftest files of the journeys, for tests that lie elsewhere.
PLUGINS = ("-p", "tests.conftest", "-p", "tests.journeys.conftest")


@pytest.fixture
def run(tmp_path):
    """Return a function that runs tests where no Chromium can be found."""

    def run_tests(text, **environment):
        test = tmp_path / "test_it.py"
        test.write_text(text)
        hidden = {
            "PATH": str(tmp_path),
            "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path),
            "CHROMIUM": "",
            "CI": "",
        }
        return subprocess.run(
            [sys.executable, "-m", "pytest", *PLUGINS, "--rootdir", ROOT, "-c", "pyproject.toml",
             "-p", "no:cacheprovider", test],
            cwd=ROOT,
            env={**os.environ, **hidden, **environment},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip

    return run_tests


def last_line(ended):
    return (ended.stdout + ended.stderr).splitlines()[-1]


def test_missing_chromium_is_the_last_line_of_the_run(run):
    ended = run(JOURNEY + OTHER)

    assert "1 passed, 1 skipped" in ended.stdout
    assert last_line(ended).startswith("journeys: not run: no Chromium")
    assert ended.returncode == 0


def test_missing_chromium_is_a_failure_under_ci(run):
    ended = run(JOURNEY + OTHER, CI="true")

    assert last_line(ended).startswith("journeys: not run: no Chromium")
    assert ended.returncode == 1


def test_nothing_is_said_when_no_journey_was_asked_for(run):
    ended = run(OTHER, CI="true")

    assert "journeys" not in ended.stdout
    assert ended.returncode == 0
