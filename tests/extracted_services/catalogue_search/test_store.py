"""Buckets in memory are held to S3's, and the scan of a table to that of one in memory."""

from __future__ import annotations

from uuid import uuid4

import boto3
import pytest

from event_contracts.catalogue import ProductSoldOut
from event_contracts.envelope import Envelope
from event_contracts.streams import product_stream
from extracted_services.catalogue_search import handlers
from extracted_services.catalogue_search.store import products as store
from extracted_services.catalogue_search.store.products import (
    BEAT,
    PRODUCTS,
    CatalogueStore,
    ScannedTable,
    WakeUps,
)
from extracted_services.read_models.items import Copy
from extracted_services.read_models.projecting import Head
from extracted_services.read_models.tables import DynamoDBTable
from tests.extracted_services.catalogue_search.gifts import NOON, listed

STOCK_CODES = [f"G{number}" for number in range(5)]


def test_object_is_read_as_it_was_last_put(bucket):
    bucket.put("one", b"first")
    bucket.put("one", b"second")

    assert (bucket.get("one"), bucket.get("other")) == (b"second", None)


def test_removed_object_is_gone_and_may_be_removed_again(bucket):
    bucket.put("one", b"first")

    bucket.delete("one")
    bucket.delete("one")

    assert bucket.get("one") is None


@pytest.mark.platform
@pytest.mark.parametrize("rows_a_call", [2, store.SCANNED_AT_ONCE])
def test_everything_in_a_table_is_read_at_once(
    dynamodb, catalogue_table, service, monkeypatch, rows_a_call
):
    """Wherever one call of the scan ends and the next one begins: in a product's midst, too."""
    monkeypatch.setattr(store, "SCANNED_AT_ONCE", rows_a_call)
    table = DynamoDBTable(dynamodb, catalogue_table, key_name="stock_code")
    real = CatalogueStore(table, ScannedTable(dynamodb, catalogue_table))
    for kept_in in (real, service.store):
        for code in STOCK_CODES:
            tell(kept_in, code, 1, listed(f"GIFT {code}", code))
        tell(kept_in, "G3", 2, ProductSoldOut(stock_code="G3", sold_out_at=NOON))

    products, is_complete = real.read_products()

    expected, _ = service.store.read_products()
    assert sorted(products, key=lambda each: each.stock_code) == expected
    assert is_complete
    tell(real, "UNKNOWN", 7, ProductSoldOut(stock_code="UNKNOWN", sold_out_at=NOON))
    assert not real.read_products()[1]


def test_product_that_changed_while_it_was_read_is_read_again(service):
    service.hear(listed("HEART", "HEART"), version=1)
    torn = Copy(head=Head(as_of=0), rows=service.table.read("HEART").rows)

    class Torn:
        def copies(self):
            return iter([("HEART", torn)])

    products, _ = CatalogueStore(service.table, Torn()).read_products()

    assert [each.version for each in products] == [1]


def test_product_that_never_holds_still_is_not_published(service):
    service.hear(listed("HEART", "HEART"), version=1)
    service.table.heads["HEART"] = Head(as_of=0)

    with pytest.raises(store.Changing):
        service.store.read_products()


@pytest.mark.platform
def test_many_changes_of_a_window_ask_once(aws_environment):
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="publish.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    wake_ups = WakeUps(sqs, url)

    for now in (100.0, 100.5, 100.9, 101.1):
        wake_ups.send(PRODUCTS, now)
    wake_ups.send(BEAT, 101.2)

    received: list[str] = []
    while len(received) < 3:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]:
            received.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert received == [PRODUCTS, PRODUCTS, BEAT]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def tell(kept_in, code, version, event):
    envelope = Envelope(
        event_id=uuid4(),
        event_type="any",
        stream=product_stream(code),
        version=version,
        occurred_at=NOON,
        data=event,
    )
    handlers.project(envelope, kept_in=kept_in)
