"""The zip for AWS Lambda: always the same, and complete."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest

from infra.local import packaging


@pytest.fixture(scope="module")
def packed():
    return packaging.contents()


def test_the_same_contents_make_the_same_zip(packed):
    again = packaging.contents()

    assert packaging.zip_of(again) == packaging.zip_of(packed)
    assert packaging.key_of(again) == packaging.key_of(packed)


def test_other_contents_are_another_key(packed):
    changed = packed | {"event_contracts/codec.py": b"# changed\n"}

    assert packaging.key_of(changed) != packaging.key_of(packed)


def test_moving_a_byte_from_a_name_to_its_content_is_another_key():
    assert packaging.key_of({"a": b"bc"}) != packaging.key_of({"ab": b"c"})


def test_the_zip_holds_sources_only(packed):
    archive = zipfile.ZipFile(io.BytesIO(packaging.zip_of(packed)))

    names = archive.namelist()

    assert "extracted_services/order_history/handlers.py" in names
    assert "event_contracts/codec.py" in names
    assert {name.rpartition(".")[2] for name in names} == {"py"}
    assert not [name for name in names if name.startswith(("monolith/", "infra/", "/"))]


@pytest.mark.parametrize(
    ("service", "entry_points"),
    [("order_history", ["on_events", "on_request"]), ("edge_authorizer", ["on_authorize"])],
)
def test_the_handlers_are_importable_from_the_zip_alone(packed, tmp_path, service, entry_points):
    code = tmp_path / "services.zip"
    code.write_bytes(packaging.zip_of(packed))
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
