"""Local AWS with one FIFO topic, for relays and bare loops alike."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3

from benchmarks.outbox.children import running
from infra.local import readiness
from infra.local.ports import free_port
from infra.local.programs import AWS_PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REGION = "eu-west-1"
_NOBODY = "http://127.0.0.1:1"


@contextmanager
def running_sns(folder: Path) -> Iterator[dict[str, str]]:
    """Run local AWS and give the variables with which Django's settings find its topic."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    access = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": _REGION,
    }
    words = ("--port", port, "--state-dir", folder / "aws", "--lambda-host", _NOBODY)
    with running(
        "infra.local.aws", *words, python=str(AWS_PYTHON), log=folder / "aws.log", environment={}
    ) as child:
        child.wait_until(lambda: readiness.http_answers(f"{url}/_ministack/health"), "local AWS")
        topics = {"product": _create_topic(url)}
        yield {**access, "BANYAN_DEPLOYED": json.dumps({"topics": topics})}


def _create_topic(url: str) -> str:
    client = boto3.client(
        "sns",
        endpoint_url=url,
        region_name=_REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - local AWS asks for none
    )
    return client.create_topic(Name="product-events.fifo", Attributes={"FifoTopic": "true"})[
        "TopicArn"
    ]
