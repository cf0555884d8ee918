"""The guide, walked from the first step to the last in a project that has nothing of the shop."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from sys import stdlib_module_names

import pytest

from infra.local.waiting import wait_until
from tests.outbox_guide.pages import steps_of
from tests.outbox_guide.walking import database, run, surroundings, take

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "outbox" / "use-it-in-your-project.md"
SOURCES = sorted((ROOT / "monolith" / "outbox").rglob("*.py"))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder in which every step of the guide was done."""
    folder = tmp_path_factory.mktemp("mysite")
    with database("outbox_guide") as addresses:
        around = surroundings(folder, addresses, PRINTER=str(folder / "paper"))
        for step in steps_of(GUIDE):
            take(step, folder, around)
        yield folder, around


def test_outbox_of_the_project_knows_nothing_of_the_shop(project):
    folder, _ = project

    sources = "\n".join(path.read_text() for path in (folder / "outbox").rglob("*.py"))

    assert "monolith" not in sources
    assert "event_contracts" not in sources


def test_placed_order_is_relayed_by_the_project_itself(project):
    folder, around = project
    place = "from orders.operations import place_order; "
    for number in ("B1", "B2"):
        order = f'place_order(number="{number}", total_pence=995)'
        run(["python", "manage.py", "shell", "-v", "0", "-c", place + order], folder, around)

    with _relaying(folder, around):
        wait_until(lambda: len(_printed(folder)) == 2, "both events on paper", seconds=60)

    assert {stream for stream, _ in _printed(folder)} == {"order/B1", "order/B2"}
    assert {event["sequence"] for _, event in _printed(folder)} == {"1"}
    assert {event["source"] for _, event in _printed(folder)} == {"/mysite"}


def test_staff_of_the_project_see_the_outbox_in_its_admin(project):
    folder, around = project

    seen = run(["python", "manage.py", "shell", "-v", "0", "-c", LOOK], folder, around)

    assert seen.split() == ["200", "200"]


LOOK = """
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
settings.ALLOWED_HOSTS = ["testserver"]
client = Client()
client.force_login(get_user_model().objects.create_superuser("staff"))
for page in ("outboxmessage", "heldstream"):
    print(client.get(f"/admin/outbox/{page}/").status_code)
"""


def test_guide_names_every_library_that_the_outbox_imports():
    imported = {name for module in SOURCES for name in _imported(module)} - stdlib_module_names
    _, _, command = GUIDE.read_text().partition("pip install")

    named = set(re.findall(r"[\w-]+", command.partition("```")[0]))

    assert {LIBRARIES.get(name, name) for name in imported - NOT_AT_RUN_TIME} - named == set()


LIBRARIES = {
    "botocore": "boto3",
    "opentelemetry": "opentelemetry-api",
    "prometheus_client": "prometheus-client",
    "unfold": "django-unfold",
}
NOT_AT_RUN_TIME = {"monolith", "types_boto3_s3", "types_boto3_sns"}


def _imported(module):
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@contextmanager
def _relaying(folder, around):
    command = [sys.executable, "manage.py", "outbox", "relay"]
    relay = subprocess.Popen(command, cwd=folder, env=around)
    try:
        yield
    finally:
        relay.terminate()
        relay.wait(30)


def _printed(folder):
    paper = folder / "paper"
    lines = paper.read_text().splitlines() if paper.exists() else []
    return [(stream, json.loads(text)) for stream, text in (line.split(" ", 1) for line in lines)]
