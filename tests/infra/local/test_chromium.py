"""Which Chromium the journeys drive."""

from __future__ import annotations

import os

import pytest

from infra.local import chromium


@pytest.fixture
def bare_machine(tmp_path, monkeypatch):
    """A machine without any browser, and without root's ways to get one."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    return tmp_path


def program(folder, name, does="exit 0"):
    file = folder / name
    file.write_text(f"#!/bin/sh\n{does}\n")
    file.chmod(0o755)
    return str(file)


def test_named_one_goes_before_the_one_on_path(bare_machine, monkeypatch):
    program(bare_machine, "chromium")
    monkeypatch.setenv("CHROMIUM", "/opt/mine")

    assert chromium.find() == "/opt/mine"


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_one_on_path_is_found_under_any_of_its_names(bare_machine, name):
    installed = program(bare_machine, name)

    assert chromium.find() == installed


def test_machine_without_one_is_no_error(bare_machine):
    assert chromium.find() is None


def test_what_is_there_is_not_got_again(bare_machine):
    installed = program(bare_machine, "chromium")
    program(bare_machine, "apt-get", f"touch {bare_machine}/called")

    assert chromium.provide() == installed
    assert not (bare_machine / "called").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="packages are installed by root")
def test_root_installs_the_package(bare_machine):
    does = f'case "$*" in *install*) /bin/ln -s /bin/true {bare_machine}/chromium;; esac'
    program(bare_machine, "apt-get", does)

    assert chromium.provide() == f"{bare_machine}/chromium"


@pytest.mark.skipif(os.geteuid() != 0, reason="packages are installed by root")
def test_failing_installation_leaves_the_machine_without_one(bare_machine):
    program(bare_machine, "apt-get", "exit 100")

    assert chromium.provide() is None
