"""A local DynamoDB for the tests that need the real thing: ministack, on a free port.

And what services that copy streams are tested with: each kind of store, a table when deployed.
"""

from __future__ import annotations

import os
import subprocess
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest

from infra.local.ports import free_port
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_dynamodb import DynamoDBClient

MINISTACK = Path(__file__).parents[2] / ".venv-local-aws" / "bin" / "ministack"


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a local AWS that lives as long as the test run."""
    port, folder = free_port(), tmp_path_factory.mktemp("local-aws")
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "HOME": str(folder),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "PATH": os.environ["PATH"],
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder),
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([MINISTACK], env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        wait_until(lambda: _answers(endpoint), f"ministack (see {folder}/log)")
        yield endpoint
    finally:
        server.terminate()
        server.wait()


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=1):
            return True
    except OSError:
        return False


@pytest.fixture
def aws_environment(local_aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point boto3 at the local AWS, the way a deployed function finds the real one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", local_aws)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def dynamodb(aws_environment: None) -> Iterator[DynamoDBClient]:
    client = boto3.client("dynamodb")
    yield client
    client.close()


@pytest.fixture
def key_name() -> str:
    """Name what tells the copies in a table apart; a service's tests may name another."""
    return "customer_id"


@pytest.fixture
def table_name(dynamodb: DynamoDBClient, key_name: str) -> str:
    """Make a table of its own for one test, with the keys that the service's README.md tells."""
    name = f"copies-{uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": key_name, "KeyType": "HASH"},
            {"AttributeName": "row", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": key_name, "AttributeType": "S"},
            {"AttributeName": "row", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


@pytest.fixture(
    params=["in_memory_store", pytest.param("dynamodb_store", marks=pytest.mark.platform)]
)
def store(request: pytest.FixtureRequest) -> Any:
    """Give each kind of store in turn: those that the service's own tests name."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def deploy(table_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """Let a service's entry points find a table, as they do when deployed, and forget it later."""
    deployed: list[Any] = []

    def deploy_service(service: Any) -> None:
        monkeypatch.setenv("TABLE_NAME", table_name)
        vars(service).pop("store", None)
        deployed.append(service)

    yield deploy_service
    for service in deployed:
        vars(service).pop("store").close()
