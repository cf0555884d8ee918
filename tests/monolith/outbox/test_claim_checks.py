"""Taking an event's data out of it, and whose fault it is when S3 does not take that."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from uuid import uuid4

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from monolith.outbox import claim_checks
from monolith.outbox.claim_checks import (
    InMemoryClaimStore,
    S3ClaimStore,
    StoreUnavailable,
    Unclaimable,
    split,
)
from monolith.outbox.models import HeldStream
from monolith.outbox.publishers import InMemoryPublisher
from tests.monolith.outbox.brokers import deliveries
from tests.monolith.outbox.events import commit, record, sold_out
from tests.monolith.outbox.running import (
    all_published,
    eventually,
    pending_count,
    quick_options,
    running_relay,
)
from tests.monolith.outbox.subscribed_brokers import OVERSIZE, aws_client

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.fixture
def s3():
    client = aws_client("s3", "http://127.0.0.1:1")
    yield client
    client.close()


@given(data=JSON, subject=st.text())
def test_data_is_taken_out_unchanged_and_nothing_else_is(data, subject):
    event = {"id": "1", "subject": subject, "data": data, "traceparent": "00-1"}

    reference, taken = split(json.dumps(event, ensure_ascii=False), dataref="s3://b/k")

    assert json.loads(taken) == data
    assert json.loads(reference) == {
        "id": "1",
        "subject": subject,
        "traceparent": "00-1",
        "dataref": "s3://b/k",
    }


def test_half_a_surrogate_pair_can_be_kept():
    _, taken = split(r'{"data":"\ud83c"}', dataref="s3://b/k")

    assert taken.encode() == rb'"\ud83c"'


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, "ExpiredToken", StoreUnavailable),
        (400, "RequestTimeout", StoreUnavailable),
        (429, "TooManyRequests", StoreUnavailable),
        (500, "InternalError", StoreUnavailable),
        (503, "SlowDown", StoreUnavailable),
        (400, "EntityTooLarge", Unclaimable),
        (403, "AccessDenied", Unclaimable),
        (404, "NoSuchBucket", Unclaimable),
    ],
)
def test_refusal_is_told_apart_from_an_outage(s3, status, code, verdict):
    store = S3ClaimStore(bucket="claims", connect=lambda: s3)
    answers = Stubber(s3)
    answers.add_client_error("put_object", code, http_status_code=status)

    with answers, pytest.raises(verdict, match=f"s3://claims/k: .*{code}"):
        store.put("k", "1", event_id=uuid4())


def test_bucket_that_cannot_exist_stops_no_topic(s3):
    store = S3ClaimStore(bucket="no bucket", connect=lambda: s3)

    with pytest.raises(Unclaimable, match="Invalid bucket name"):
        store.put("k", "1", event_id=uuid4())


def test_store_connects_at_its_first_use_and_once(s3):
    connected = []
    together, second = threading.Barrier(4), threading.Barrier(2)

    def connect():
        connected.append(s3)
        with suppress(threading.BrokenBarrierError):
            second.wait(timeout=0.2)  # only another connection would pass at once
        return s3

    store = S3ClaimStore(bucket="claims", connect=connect)
    assert connected == []

    def put(_number):
        together.wait()
        with pytest.raises(StoreUnavailable):
            store.put("k", "1", event_id=uuid4())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, range(4)))

    assert connected == [s3]


def test_settings_without_a_bucket_make_no_store(settings):
    settings.OUTBOX_CLAIM_BUCKET = ""

    assert S3ClaimStore.from_settings(threads=1) is None


def test_settings_name_the_bucket(settings):
    settings.OUTBOX_CLAIM_BUCKET = "claims"

    store = S3ClaimStore.from_settings(threads=1)

    assert store is not None
    assert store.uri_of("events/product/1.json") == "s3://claims/events/product/1.json"


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("http://aws:4566", "http://aws:4566/claims/k?"),
        (None, "https://claims.s3.amazonaws.com/k?"),
    ],
)
def test_only_a_local_endpoint_is_asked_by_path(settings, monkeypatch, endpoint, address):
    settings.AWS_ENDPOINT_URL = endpoint
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    with closing(claim_checks.connect(threads=1)) as client:
        url = client.generate_presigned_url("put_object", Params={"Bucket": "claims", "Key": "k"})

    assert url.startswith(address)


@pytest.mark.django_db(transaction=True)
def test_large_event_keeps_its_place_in_its_stream():
    claims = InMemoryClaimStore()
    publisher = InMemoryPublisher(claims=claims)
    before, large, after = record(), record(event=sold_out("x" * OVERSIZE)), record()

    with running_relay(publisher):
        eventually(all_published)

    assert [message.event_id for message in publisher.published] == [before, large, after]
    assert [json.loads(data)["stock_code"] for data in claims.kept.values()] == ["x" * OVERSIZE]


@pytest.mark.django_db(transaction=True)
def test_large_event_without_a_bucket_parks_its_own_stream_only():
    publisher = InMemoryPublisher()
    record("product/LARGE", sold_out("x" * OVERSIZE))
    commit("product/LARGE")

    with running_relay(publisher, quick_options(max_attempts=2)):
        eventually(lambda: HeldStream.objects.filter(retry_at=None).exists())
        commit("product/1", 3)
        eventually(lambda: pending_count() == 2)

    (held,) = HeldStream.objects.all()
    assert held.stream == "product/LARGE"
    assert "OUTBOX_CLAIM_BUCKET" in held.last_error
    assert [delivered.stream for delivered in deliveries(publisher.published)] == ["product/1"] * 3


@pytest.mark.django_db(transaction=True)
def test_outage_of_the_store_holds_its_own_stream_and_never_parks_it():
    claims = InMemoryClaimStore()
    claims.is_down = True
    publisher = InMemoryPublisher(claims=claims)
    record("product/LARGE", sold_out("x" * OVERSIZE))

    with running_relay(publisher, quick_options(max_attempts=1)):
        eventually(lambda: HeldStream.objects.filter(attempts__gte=3).exists())
        record("product/1")
        eventually(lambda: len(publisher.published) == 1)
        assert HeldStream.objects.get().retry_at is not None
        claims.is_down = False
        eventually(all_published)
