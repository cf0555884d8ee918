from __future__ import annotations

import subprocess
import sys

import pytest

from extracted_services.lambda_support.code_digest import code_of
from extracted_services.lambda_support.responding import json_response, problem, respond
from infra.local import packaging
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import get_orders

PACKAGES = ("event_contracts", "extracted_services.lambda_support")


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "a_service_to_digest"
    (folder / "within").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "within" / "deep.py").write_text("ONE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    sys.modules.pop("a_service_to_digest", None)


def test_same_sources_have_the_same_digest():
    assert code_of(*PACKAGES) == code_of(*PACKAGES)
    assert len(code_of(*PACKAGES)) == 20


def test_other_packages_have_another():
    assert code_of("event_contracts") != code_of(*PACKAGES)


@pytest.mark.parametrize("name", ["__init__.py", "within/deep.py", "within/new.py"])
def test_changed_source_has_another_digest(package, name):
    before = code_of("a_service_to_digest")

    (package / name).write_text("TWO = 2\n")

    assert code_of("a_service_to_digest") != before


def test_what_is_no_source_does_not_matter(package):
    before = code_of("a_service_to_digest")

    (package / "deep.pyc").write_bytes(b"compiled")

    assert code_of("a_service_to_digest") == before


def test_digest_is_the_same_out_of_the_zip(tmp_path):
    code = tmp_path / "services.zip"
    code.write_bytes(packaging.zip_of(packaging.contents("order_history")))
    program = (
        f"import sys; sys.path.insert(0, {str(code)!r}); "
        "from extracted_services.lambda_support.code_digest import code_of; "
        f"print(code_of(*{PACKAGES!r}))"
    )

    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert printed.strip() == code_of(*PACKAGES)


@pytest.mark.parametrize("answered", [json_response({}), problem(404, "gone", "Gone")])
def test_every_answer_says_which_build_gave_it(answered):
    response = respond(
        get_orders("1"), None, lambda _request: answered, LogLines().logger, build="abc"
    )

    assert response["headers"]["x-build"] == "abc"
    assert response["headers"]["content-type"] == answered["headers"]["content-type"]


def test_failed_request_says_so_too():
    def fail(_request):
        raise ZeroDivisionError

    response = respond(get_orders("1"), None, fail, LogLines().logger, build="abc")

    assert (response["statusCode"], response["headers"]["x-build"]) == (500, "abc")
