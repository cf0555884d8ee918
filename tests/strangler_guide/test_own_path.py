"""The tutorial, walked: a project without the shop moves a read of its own, and back."""

from __future__ import annotations

import ast
import json
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager
from sys import stdlib_module_names

import pytest

from infra.local.waiting import wait_until
from tests.outbox_guide.pages import steps_of
from tests.outbox_guide.walking import ROOT, database, run, surroundings, take

GUIDE = ROOT / "docs" / "strangler" / "strangle-a-read-path-of-your-own.md"
SOURCES = sorted((ROOT / "monolith" / "strangler").rglob("*.py"))
PRODUCTS = range(1, 401)
READERS = 3


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder in which every step of the guide was done."""
    folder = tmp_path_factory.mktemp("mysite")
    service = f"http://127.0.0.1:{_free_port()}"
    with database("strangler_guide") as addresses:
        around = surroundings(folder, addresses, REVIEWS_SERVICE=service)
        for step in steps_of(GUIDE):
            take(step, folder, around)
        yield folder, around


def test_strangler_of_the_project_knows_nothing_of_the_shop(project):
    folder, _ = project

    sources = "\n".join(path.read_text() for path in (folder / "strangler").rglob("*.py"))

    assert re.findall(r"(?:import|from) monolith\b|[\"']monolith\.", sources) == []
    assert {path.name for path in (folder / "event_contracts").glob("*.py")} == {
        "__init__.py",
        "checksums.py",
        "plain_values.py",
    }


@pytest.mark.timeout(900)
def test_read_of_the_project_moves_to_its_service_and_back(project):
    folder, around = project

    with _shop(folder, around) as address, _reading(address) as seen:
        _runbook(folder, around, until="canary-1")
        wait_until(lambda: seen["service"] > 0, "an answer by the service", seconds=60)
        _strangler(folder, around, "rollback", "reviews", "--reason=that was enough")
        assert {_read(address, product) for product in PRODUCTS[:50]} == {"monolith"}

    assert seen["error"] == 0
    (status,) = json.loads(_strangler(folder, around, "status", "reviews", "--json"))
    assert status["rung"] == "monolith"


def test_guide_names_every_library_that_the_strangler_imports():
    imported = {name for module in SOURCES for name in _imported(module)} - stdlib_module_names
    _, _, command = GUIDE.read_text().partition("pip install")

    named = set(re.findall(r"[\w-]+", command.partition("```")[0]))

    assert {LIBRARIES.get(name, name) for name in imported - NOT_INSTALLED} - named == set()


LIBRARIES = {"prometheus_client": "prometheus-client", "unfold": "django-unfold"}
NOT_INSTALLED = {"monolith", "event_contracts", "types_boto3_sqs"}


def _imported(module):
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _runbook(folder, around, *, until):
    _strangler(
        folder, around, "runbook", "reviews", "--run", f"--until={until}", "--as=dana",
        "--approver=robin", "--most-minutes=5",
    )  # fmt: skip


def _strangler(folder, around, *words):
    return run([sys.executable, "manage.py", "strangler", *words], folder, around)


@contextmanager
def _shop(folder, around):
    """The four processes of the page; yields the address of the web."""
    port = _free_port()
    with ExitStack() as stack:
        for command in (
            ("reviews_service.py", around["REVIEWS_SERVICE"].rpartition(":")[2]),
            ("manage.py", "outbox", "relay"),
            ("manage.py", "strangler", "watch"),
            ("manage.py", "runserver", "--noreload", str(port)),
        ):
            stack.enter_context(_running(command, folder, around))
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(address), "the web", seconds=60)
        yield address


@contextmanager
def _running(command, folder, around):
    with (folder / f"{command[-1]}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=around, stdout=log, stderr=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def _reading(address):
    """Customers who look at the reviews of one product after the other; yields who answered."""
    seen: Counter[str] = Counter()
    over = threading.Event()

    def read(first):
        while not over.is_set():
            for product in PRODUCTS[first::READERS]:
                seen[_read(address, product)] += 1
                if over.is_set():
                    return

    threads = [threading.Thread(target=read, args=(first,)) for first in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _read(address, product):
    """Look at a product's reviews; return who answered, or `error` if that was not right."""
    try:
        with urllib.request.urlopen(f"{address}/products/{product}/reviews", timeout=30) as answer:
            page, said = json.load(answer), answer.headers["X-Read-Path"]
    except OSError:
        return "error"
    old = page["reviews"][0]
    is_right = (old["number"], old["stars"], old["text"]) == (product, product % 5 + 1, "old")
    return said.partition("=")[2].partition(";")[0] if is_right else "error"


def _answers(address):
    return _read(address, 1) != "error"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
