"""An event too large for any message, from the commit to the service's answer: nothing is faked."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.db import transaction
from urllib3 import PoolManager

from infra.local.waiting import wait_until
from monolith.outbox import recording, waking
from monolith.outbox.publishers import MAX_BATCH_BYTES, SnsPublisher
from tests.conformance.local_platform import REGION, ROOT
from tests.extracted_services.order_history.histories import (
    ANNA,
    START,
    order,
    placed,
    registered,
    snapshot,
)
from tests.monolith.outbox.running import all_published, eventually, running_relay

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = 2_000
STREAM = f"customer/{ANNA}"


@pytest.fixture
def deployed(own_platform, settings, monkeypatch):
    """Deploy the committed templates, and let the outbox find what they put out."""
    out = own_platform.folder / "deployed.json"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "infra.local.deploy",
            f"--endpoint={own_platform.endpoint}",
            f"--out={out}",
        ],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    outputs = json.loads(out.read_text())
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.AWS_ENDPOINT_URL = own_platform.endpoint
    settings.OUTBOX_TOPIC_ARNS = outputs["topics"]
    settings.OUTBOX_CLAIM_BUCKET = outputs["buckets"]["claims"]
    yield outputs
    waking.close()


@pytest.fixture
def ask(deployed):
    """Ask the service for a customer's newest order, signed as the monolith does."""
    url = f"{deployed['services']['order_history']}/customers/{ANNA}/orders?limit=1"
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials("test", "test"), "execute-api", REGION).add_auth(request)
    with PoolManager(retries=False, timeout=60) as http:
        yield lambda: http.request("GET", url, headers=dict(request.headers)).json()


@pytest.fixture
def publisher(deployed):
    return SnsPublisher.from_settings(threads=2)


def record(event):
    with transaction.atomic():
        return recording.record(event, stream=STREAM, occurred_at=START)


def record_snapshot(event):
    with transaction.atomic():
        return recording.record_snapshot(event, stream=STREAM, occurred_at=START)


def test_history_of_thousands_of_orders_reaches_the_service(own_platform, deployed, publisher, ask):
    record(registered())
    taken = record_snapshot(snapshot(*(order(number) for number in range(1, ORDERS + 1))))
    record(placed(ORDERS + 1))

    with running_relay(publisher):
        eventually(all_published)

    s3, bucket = own_platform.client("s3"), deployed["buckets"]["claims"]
    (kept,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert kept["Key"] == f"events/customer/{taken}.json"
    assert kept["Size"] > MAX_BATCH_BYTES
    # The queue keeps the stream's order: what stands behind the snapshot comes after it.
    wait_until(lambda: ask().get("as_of") == 2, "the last event is applied", seconds=200)
    assert ask()["orders"][0]["order_number"] == f"B{ORDERS + 1:06}"
    with closing(own_platform.client("dynamodb")) as dynamodb:
        pages = dynamodb.get_paginator("scan").paginate(TableName="order-history")
        rows = [item["row"]["S"] for page in pages for item in page["Items"]]
    assert len(rows) == 1 + ORDERS + 1
