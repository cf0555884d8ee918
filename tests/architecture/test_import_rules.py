"""The import rules can fail: a tree that breaks one is refused by the rule that it breaks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("event_contracts", "extracted_services", "infra", "monolith")
LINT = Path(sys.executable).with_name("lint-imports")
VIOLATIONS = {
    "vague name": (
        "monolith/catalogue/utils.py",
        '"""Anything."""\n',
        "Delivery calls operations and queries; the model calls nobody",
    ),
    "wrong direction": (
        "monolith/catalogue/queries.py",
        "from monolith.ordering import operations\n",
        "Ordering knows catalogue and customers, never the other way round",
    ),
    "foreign table": (
        "monolith/ordering/queries.py",
        "from monolith.customers.models import Customer\n",
        "Only customers touches customer tables",
    ),
    "a count that knows the gates": (
        "monolith/strangler/counting/tallies.py",
        "from monolith.strangler.gates import profiles\n",
        "The strangler decides purely, then routes, compares and records",
    ),
    "a flat module beside the packages": (
        "monolith/strangler/sorting.py",
        '"""Anything."""\n',
        "The strangler decides purely, then routes, compares and records",
    ),
    "a gate that asks the database": (
        "monolith/strangler/gates/judging.py",
        "from monolith.strangler.models import Tally\n",
        "Gates, decisions and statistics know no framework, clock or store",
    ),
    "a service that knows another": (
        "extracted_services/edge_authorizer/keys.py",
        "from extracted_services.order_history import view\n",
        "Extracted services know what they share, and not each other",
    ),
    "a library that knows a service": (
        "extracted_services/read_models/tables.py",
        "from extracted_services.order_history import view\n",
        "Extracted services know what they share, and not each other",
    ),
    "a view that reads": (
        "extracted_services/order_history/view.py",
        "from extracted_services.order_history import store\n",
        "A service's view knows nothing of it",
    ),
    "a store that decides": (
        "extracted_services/order_history/store.py",
        "from extracted_services.order_history import projection\n",
        "A service's store knows its view only",
    ),
    "queries that change": (
        "extracted_services/order_history/queries.py",
        "from extracted_services.order_history import projection\n",
        "A service's queries answer from its store",
    ),
    "a projection with a table": (
        "extracted_services/order_history/projection.py",
        "from extracted_services.read_models import tables\n",
        "Projections are pure",
    ),
    "Django in a service": (
        "extracted_services/order_history/projection.py",
        "import django\n",
        "Extracted services run without Django",
    ),
}


@pytest.fixture
def tree(tmp_path):
    """Return a copy of the code, and of the rules, to be broken."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_all_but_code)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def _all_but_code(folder, names):
    return [name for name in names if not name.endswith(".py") and not Path(folder, name).is_dir()]


@pytest.mark.parametrize(("file", "line", "rule"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_violation_is_refused_by_its_rule(tree, file, line, rule):
    with (tree / file).open("a") as module:
        module.write(line)

    ended = subprocess.run(
        [LINT, "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert f"{rule} BROKEN" in " ".join(ended.stdout.split())
