"""The service's table in a real local DynamoDB, and a mail server that keeps what it gets."""

from __future__ import annotations

from uuid import uuid4

import pytest

from extracted_services.order_confirmation import table as tables
from infra.local.mail_sink import mail_sink
from tests.extracted_services.log_lines import LogLines


@pytest.fixture
def table(dynamodb):
    name = f"order-confirmation-{uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": tables.KEY, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": tables.KEY, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    connected = tables.connect(name)
    yield connected
    connected.close()


@pytest.fixture
def mail():
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def log():
    return LogLines()


@pytest.fixture
def variables(monkeypatch, mail):
    """What the stack tells the functions: the fat style sends, by the mail server of the test."""
    told = {
        "SENDS": "fat",
        "SMTP_URL": mail.url,
        "SENDER": "orders@banyan.example",
        "SHOP_ORIGIN": "http://127.0.0.1:9",
        "SERVICE_TOKEN": "a-token",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return monkeypatch.setenv
