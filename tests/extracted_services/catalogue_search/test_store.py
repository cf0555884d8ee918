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
    CatalogueStore,
    ScannedTable,
    WakeUp,
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

    assert real.read_products() == service.store.read_products()
    assert set(real.read_products()) == set(STOCK_CODES)
    tell(real, "UNKNOWN", 7, ProductSoldOut(stock_code="UNKNOWN", sold_out_at=NOON))
    assert real.read_products()["UNKNOWN"] is None


@pytest.mark.platform
def test_one_product_is_read_as_all_are(dynamodb, catalogue_table):
    table = DynamoDBTable(dynamodb, catalogue_table, key_name="stock_code")
    kept = CatalogueStore(table, ScannedTable(dynamodb, catalogue_table))
    tell(kept, "HEART", 1, listed("HEART", "HEART"))
    tell(kept, "UNKNOWN", 7, ProductSoldOut(stock_code="UNKNOWN", sold_out_at=NOON))

    one_by_one = {**kept.find_product("HEART"), **kept.find_product("UNKNOWN")}

    assert one_by_one == kept.read_products()
    assert kept.find_product("NOTHING") == {}


def test_product_that_changed_while_it_was_read_is_read_again(service):
    service.hear(listed("HEART", "HEART"), version=1)
    torn = Copy(head=Head(as_of=0), rows=service.table.read("HEART").rows)

    class Torn:
        def copies(self):
            return iter([("HEART", torn)])

    products = CatalogueStore(service.table, Torn()).read_products()

    assert products == service.store.read_products()


def test_product_that_never_holds_still_is_not_published(service):
    service.hear(listed("HEART", "HEART"), version=1)
    service.table.heads["HEART"] = Head(as_of=0)

    with pytest.raises(store.Changing):
        service.store.read_products()


@pytest.mark.platform
def test_wake_ups_arrive_in_their_order_and_say_what_they_said(aws_environment):
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="publish.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    sent = [WakeUp(sent_at=100.5, versions={"RED": 3, "BLUE": 1})] * 2
    sent.append(WakeUp(sent_at=101.5, versions={"RED": 4}))
    wake_ups = WakeUps(sqs, url)

    for each in sent:
        wake_ups.send(each)

    received: list[WakeUp] = []
    while len(received) < len(sent):
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]:
            received.append(WakeUp.from_json(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert received == sent
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
