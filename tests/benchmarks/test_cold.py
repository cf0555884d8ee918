"""The benchmark of cold starts works: each service is weighed and imported from its zip alone."""

from __future__ import annotations

import subprocess

import pytest

from benchmarks import cold


def test_every_zip_is_weighed_and_imported(tmp_path):
    figures = {figure.name: figure for figure in cold.measure(tmp_path, rounds=1)}

    assert {"edge_authorizer", "order_history"} <= set(cold.deployed_services())
    assert figures["order_history: zip"].value > 100
    assert "aws_lambda_powertools" in figures["order_history: zip"].reference
    assert figures["edge_authorizer: import"].value > 0
    assert "import json alone" in figures["order_history: import"].reference


def test_what_is_not_in_the_zip_is_not_imported(tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as failure:
        cold._import("django", [str(tmp_path)])

    assert "No module named 'django'" in failure.value.stderr
