"""A letter by each style of event, from an order's commit to the mail server: nothing is faked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest

from infra.local.letters import SERVICE_TOKEN
from infra.local.mail_sink import mail_sink
from infra.local.ports import free_port
from infra.local.waiting import wait_until
from monolith.outbox import waking
from monolith.outbox.models import OutboxMessage
from monolith.outbox.publishers import SnsPublisher
from tests.conformance.local_platform import ROOT
from tests.factories import a_customer, an_order
from tests.monolith.outbox.running import all_published, eventually, running_relay

pytestmark = pytest.mark.django_db(transaction=True)
PLACED, ANNOUNCED = "ordering.order_placed.v1", "ordering.order_announced.v1"


@pytest.fixture
def mail():
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def deploy(own_platform, mail, settings, monkeypatch):
    """Deploy the committed templates with a style that sends, and a shop to be called back."""

    def deploy(style, *, shop):
        out = own_platform.folder / "deployed.json"
        command = ["infra.local.deploy", f"--endpoint={own_platform.endpoint}", f"--out={out}"]
        subprocess.run(
            [sys.executable, "-m", *command, f"--shop-origin={shop}"],
            check=True,
            cwd=ROOT,
            capture_output=True,
            env={**os.environ, "CONFIRMATION": style, "SMTP_URL": mail.url},
        )
        outputs = json.loads(out.read_text())
        settings.OUTBOX_TOPIC_ARNS = outputs["topics"]
        return outputs

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.AWS_ENDPOINT_URL = own_platform.endpoint
    settings.ORDERING_ANNOUNCEMENTS = True
    settings.SERVICE_TOKENS = [SERVICE_TOKEN]
    yield deploy
    waking.close()


def publish_all():
    with running_relay(SnsPublisher.from_settings(threads=2)):
        eventually(all_published)


def wait_for_outcome(platform, event_type, outcome):
    def is_logged():
        return any(
            f'"event_type":"{event_type}"' in line and f'"outcome":"{outcome}"' in line
            for line in platform.log("host").splitlines()
        )

    wait_until(is_logged, f"{event_type}: {outcome}", seconds=90)


def deliver_again(platform, queue_url, event_type):
    """Send an event once more, past SNS and its five minutes of deduplication."""
    message = OutboxMessage.objects.get(event_type=event_type)
    platform.client("sqs").send_message(
        QueueUrl=queue_url,
        MessageBody=message.payload,
        MessageGroupId=message.stream,
        MessageDeduplicationId=uuid4().hex,
    )


def receivers(mail):
    return [(letter.order_number, letter.recipient) for letter in mail.letters]


def test_fat_letter_goes_out_once_while_nobody_answers_at_the_shop(own_platform, deploy, mail):
    outputs = deploy("fat", shop=f"http://127.0.0.1:{free_port()}")
    order = an_order(customer=a_customer("Alice", email="alice@example.com"))

    publish_all()

    wait_for_outcome(own_platform, PLACED, "sent")
    wait_for_outcome(own_platform, ANNOUNCED, "call_back_failed")
    deliver_again(own_platform, outputs["queues"]["order_confirmation_events"], PLACED)
    wait_for_outcome(own_platform, PLACED, "repeated")
    assert receivers(mail) == [(order.number, "alice@example.com")]


def test_thin_letter_is_asked_for_at_the_shop_and_goes_out_once(
    own_platform, deploy, mail, live_server
):
    outputs = deploy("thin", shop=live_server.url)
    order = an_order(customer=a_customer("Alice", email="alice@example.com"))

    publish_all()

    wait_for_outcome(own_platform, ANNOUNCED, "sent")
    wait_for_outcome(own_platform, PLACED, "measured")
    deliver_again(own_platform, outputs["queues"]["order_confirmation_thin_events"], ANNOUNCED)
    wait_for_outcome(own_platform, ANNOUNCED, "repeated")
    assert receivers(mail) == [(order.number, "alice@example.com")]
