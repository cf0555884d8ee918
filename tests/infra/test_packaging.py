"""A service's zip for AWS Lambda: always the same, complete, and nothing of other services."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest

from infra.local import packaging

IMAGES = {folder.name for folder in (packaging.ROOT / "infra" / "images").iterdir()}
PROJECTIONS = {
    module.parent.name for module in (packaging.ROOT / packaging.SERVICES).glob("*/projection.py")
}
ENTRY_POINTS = {
    **{service: ["on_events", "on_request"] for service in sorted(PROJECTIONS - IMAGES)},
    "edge_authorizer": ["on_authorize"],
    "order_confirmation": ["on_events", "on_announcements"],
}


@pytest.fixture(scope="module")
def packed():
    return packaging.contents("order_history")


def test_the_same_contents_make_the_same_zip(packed):
    again = packaging.contents("order_history")

    assert packaging.zip_of(again) == packaging.zip_of(packed)
    assert _key(again) == _key(packed)


def test_other_contents_are_another_key(packed):
    changed = packed | {"event_contracts/codec.py": b"# changed\n"}

    assert _key(changed) != _key(packed)


def _key(packed):
    return packaging.key_of("order_history", packed)


def test_moving_a_byte_from_a_name_to_its_content_is_another_key():
    assert _key({"a": b"bc"}) != _key({"ab": b"c"})


def test_the_zip_holds_sources_only(packed):
    archive = zipfile.ZipFile(io.BytesIO(packaging.zip_of(packed)))

    names = archive.namelist()

    assert "extracted_services/order_history/handlers.py" in names
    assert "event_contracts/codec.py" in names
    assert {name.rpartition(".")[2] for name in names} == {"py"}
    assert not [name for name in names if name.startswith(("monolith/", "infra/", "/"))]


def test_a_zip_holds_no_other_service(packed):
    folders = {name.split("/")[1] for name in packed if name.startswith("extracted_services/")}

    assert folders == {"__init__.py", "lambda_support", "order_history", "read_models"}


@pytest.mark.parametrize("service", ENTRY_POINTS)
def test_a_zip_holds_the_libraries_that_its_sources_import_and_no_other(service):
    assert packaging.libraries_in(packaging.contents(service)) == {
        "aws_lambda_powertools",
        "jmespath",
        "typing_extensions",
    }


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A tree with one service, whose module the test writes."""
    for folder in (*packaging.SHARED, "extracted_services/tiny"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "extracted_services/__init__.py").touch()
    monkeypatch.setattr(packaging, "ROOT", tmp_path)
    return tmp_path / "extracted_services" / "tiny" / "handlers.py"


def test_what_is_imported_for_types_only_is_not_packed(tree):
    tree.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from types_boto3_s3 import S3Client\n"
        "def connect():\n    import boto3\n    import jmespath.visitor\n"
    )

    assert packaging.libraries_in(packaging.contents("tiny")) == {"jmespath"}


@pytest.mark.parametrize(
    ("imported", "complaint"),
    [
        ("no_such_library", "no installed library provides 'no_such_library'"),
        ("psycopg_binary", "psycopg-binary has compiled parts .*: deploy an image"),
    ],
)
def test_what_a_zip_cannot_hold_is_refused_by_name(tree, imported, complaint):
    tree.write_text(f"import {imported}\n")

    with pytest.raises(packaging.NotPackable, match=complaint):
        packaging.contents("tiny")


def test_unknown_service_is_refused_by_name(tree):
    with pytest.raises(packaging.NotPackable, match="there is no service 'unknown'"):
        packaging.contents("unknown")


@pytest.mark.parametrize(("service", "entry_points"), ENTRY_POINTS.items(), ids=ENTRY_POINTS)
def test_the_handlers_are_importable_from_the_zip_alone(tmp_path, service, entry_points):
    code = tmp_path / "service.zip"
    code.write_bytes(packaging.zip_of(packaging.contents(service)))
    # -S: no site-packages. boto3 is Lambda's own and is imported by the store when it connects.
    program = (
        f"import sys; sys.path.insert(0, {str(code)!r}); "
        f"from extracted_services.{service} import handlers; "
        f"print(*[getattr(handlers, name).__name__ for name in {entry_points}])"
    )

    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert (ended.stderr, ended.stdout) == ("", f"{' '.join(entry_points)}\n")
