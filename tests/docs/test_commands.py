"""Whatever a page tells people to type can be typed."""

from __future__ import annotations

import argparse
import re
from importlib.util import find_spec

import pytest
from django.core.management import get_commands, load_command_class

from tests.docs.pages import PAGES, ROOT, code_of, name_of

MAKE = re.compile(r"(?:^|\s)make ([a-z][a-z-]*[a-z])(?![-\w])", re.MULTILINE)
MANAGE = re.compile(r"manage\.py ([a-z_]+)(?: ([a-z|]+))?([^\n]*)")
MODULE = re.compile(r"python3? -m ((?:infra|benchmarks)[\w.]*)")
CONTROL = re.compile(r"infra\.local\.control (stop|start|restart) ([a-z-]+)")
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = dict(re.findall(r"^([a-z][a-z-]*):(.*)$", MAKEFILE, re.MULTILINE))
# What other targets need, and nobody types.
PREPARATIONS = {"setup-up", "setup-test", "setup-cdk", "setup-bench", "chromium"}


def _unknown(command, verbs, options):
    """Return the verbs and options of a typed line that a command does not have."""
    app = get_commands().get(command)
    if app is None:
        return [command]
    parser = load_command_class(app, command).create_parser("manage.py", command)
    kinds = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not kinds:
        return [option for option in options if option not in parser._option_string_actions]
    found = [kinds[0].choices.get(verb) for verb in verbs]
    wrong = [verb for verb, parser in zip(verbs, found, strict=True) if parser is None]
    known = {name for parser in found if parser for name in parser._option_string_actions}
    return wrong + [option for option in options if option not in known]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_that_is_named_exists(page):
    assert [name for name in MAKE.findall(code_of(page)) if name not in TARGETS] == []


def test_every_target_that_people_type_has_a_line_of_help():
    silent = [name for name, line in TARGETS.items() if "## " not in line]

    assert set(silent) == PREPARATIONS


def test_every_target_is_phony():
    (declared,) = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)

    assert set(declared.replace("\\\n", " ").split()) == set(TARGETS)


def test_ci_runs_what_people_run():
    assert "make check" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_manage_command_that_is_named_exists_with_its_verb_and_options(page):
    typed = MANAGE.findall(code_of(page))

    unknown = {
        f"{command} {verbs}{rest}": wrong
        for command, verbs, rest in typed
        if (wrong := _unknown(command, verbs.split("|") if verbs else [], _options(rest)))
    }

    assert unknown == {}


def _options(rest):
    return re.findall(r"(?<!\w)--[a-z][a-z-]*", rest.partition("#")[0])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_that_is_to_be_run_exists(page):
    modules = MODULE.findall(code_of(page))

    assert [module for module in modules if find_spec(module) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_process_that_is_to_be_stopped_or_started_exists(page):
    programs = (ROOT / "infra" / "local" / "programs.py").read_text()

    asked = [name for _, name in CONTROL.findall(code_of(page))]

    assert [name for name in asked if f'name="{name}"' not in programs] == []
