"""Events too large for their messages, whose data lies in S3."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from event_contracts.codec import encode
from extracted_services.lambda_support.claim_checks import (
    ClaimMissing,
    WrongClaim,
    client,
    fetch,
)
from extracted_services.lambda_support.consuming import Consumer
from tests.event_contracts.examples import ENVELOPES
from tests.extracted_services.log_lines import LogLines
from tests.extracted_services.messages import given_back, message_of, referring

PLACED = ENVELOPES["ordering.order_placed.v1"]
DATA = json.dumps(json.loads(encode(PLACED))["data"])
NEXT = replace(PLACED, version=PLACED.version + 1)


@pytest.fixture
def forgotten():
    """Forget the client that `fetch` uses, before and afterwards."""
    client.cache_clear()
    yield
    client().close()
    client.cache_clear()


@pytest.fixture
def s3(aws_environment, forgotten):
    return client()


@pytest.fixture
def keep(s3):
    """Leave the example order's data in a bucket, as the outbox does."""
    bucket = uuid4().hex
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def _keep(event_id=PLACED.event_id):
        key = f"events/customer/{event_id}.json"
        s3.put_object(
            Bucket=bucket, Key=key, Body=DATA.encode(), Metadata={"event-id": str(event_id)}
        )
        return f"s3://{bucket}/{key}"

    return _keep


def _consume(*records):
    """Return what was handled, what goes back, and the log's lines."""
    handled, lines = [], LogLines()

    def handle(envelope):
        handled.append(envelope)
        return "applied"

    consumer = Consumer(handle=handle, reads={"ordering"}, snapshots=(), logger=lines.logger)
    answer = consumer.consume({"Records": list(records)})
    return handled, given_back(answer), lines.read()


@pytest.mark.platform
def test_event_is_handled_as_if_it_had_come_whole(keep):
    handled, back, lines = _consume(referring(PLACED, keep()))

    assert handled == [PLACED]
    assert back == []
    assert lines[0]["outcome"] == "applied"


@pytest.mark.platform
def test_event_whose_data_is_gone_goes_back_with_all_behind_it(s3, keep):
    dataref = keep()
    bucket, key = dataref.removeprefix("s3://").split("/", 1)
    s3.delete_object(Bucket=bucket, Key=key)

    handled, back, lines = _consume(referring(PLACED, dataref), message_of(NEXT))

    names = [f"{PLACED.stream}@{PLACED.version}", f"{NEXT.stream}@{NEXT.version}"]
    assert (handled, back) == ([], names)
    assert lines[0]["outcome"] == "claim_missing"
    assert lines[0]["error"] == f"ClaimMissing: nothing at {dataref}"
    assert "exception" not in lines[0]


@pytest.mark.platform
def test_bucket_that_is_gone_is_missing_data_too(keep):
    with pytest.raises(ClaimMissing):
        fetch("s3://nobody-made-this/events/customer/1.json", PLACED.event_id)


@pytest.mark.platform
def test_data_of_another_event_is_not_taken(keep):
    dataref, other = keep(), uuid4()

    with pytest.raises(WrongClaim, match=f"belongs to event {PLACED.event_id}, not to {other}"):
        fetch(dataref, other)


@pytest.mark.platform
def test_object_that_says_of_no_event_to_be_its_data_is_not_taken(s3, keep):
    bucket = keep().removeprefix("s3://").split("/")[0]
    s3.put_object(Bucket=bucket, Key="any", Body=DATA.encode())

    with pytest.raises(WrongClaim, match="belongs to event None"):
        fetch(f"s3://{bucket}/any", PLACED.event_id)


@pytest.mark.parametrize("dataref", ["", "s3://", "s3://bucket", "s3://bucket/", "https://b/k"])
def test_reference_that_leads_nowhere_in_s3_is_refused(dataref):
    with pytest.raises(WrongClaim, match="not an object in S3"):
        fetch(dataref, PLACED.event_id)


def test_local_endpoint_is_asked_by_path_because_no_name_server_knows_its_buckets(
    monkeypatch, forgotten
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://aws:4566")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    url = client().generate_presigned_url("get_object", Params={"Bucket": "claims", "Key": "k"})

    assert url.startswith("http://aws:4566/claims/k?")


@pytest.mark.platform
def test_one_client_serves_all_events_of_a_process(s3, keep):
    fetch(keep(), PLACED.event_id)
    fetch(keep(), PLACED.event_id)

    assert client.cache_info().misses == 1
