"""The command, the admin and the numbers behind them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from monolith.outbox import queries
from monolith.outbox.models import HeldStream, LiveRelay, OutboxMessage, Shard
from monolith.outbox.partitions import partition_of
from tests.monolith.outbox.events import NOON, record

pytestmark = pytest.mark.django_db


def _outbox(*arguments) -> str:
    out = StringIO()
    call_command("outbox", *arguments, stdout=out)
    return out.getvalue()


def _record(stream="product/1"):
    record(stream)
    return OutboxMessage.objects.latest("id")


def test_status_says_what_waits_and_who_sees_to_it():
    soon = datetime.now(UTC) + timedelta(minutes=1)
    message = _record()
    Shard.objects.create(shard=message.shard, owner="us", token=1, lease_until=soon)
    Shard.objects.create(shard=message.shard + 1, owner="gone", token=1, lease_until=NOON)
    LiveRelay.objects.create(name="us", alive_until=soon)
    HeldStream.objects.create(
        stream="product/1", shard=0, message_id=1, attempts=10, retry_at=None, last_error="no"
    )

    status = json.loads(_outbox("status", "--json"))

    age = status.pop("oldest_pending_age_seconds")
    assert 0 <= age < 60
    assert status == {
        "pending": 1,
        "held": 1,
        "parked": 1,
        "shards": 2,
        "shards_relayed": 1,
        "relays": ["us"],
    }


def test_status_of_an_empty_outbox_can_be_read_by_people():
    lines = dict(line.rsplit(maxsplit=1) for line in _outbox("status").splitlines())

    assert lines["pending"] == "0"
    assert lines["oldest pending age seconds"] == "-"
    assert not queries.is_relayed()


def test_resync_reopens_what_was_published_since():
    _record()
    OutboxMessage.objects.update(published_at=NOON)
    _record()
    OutboxMessage.objects.pending().update(published_at=NOON + timedelta(hours=1))

    said = _outbox("resync", "--since", (NOON + timedelta(minutes=1)).isoformat())

    assert said == "1 events published again\n"
    assert OutboxMessage.objects.pending().get().version == 2


def test_resync_dry_run_changes_nothing():
    _record()
    OutboxMessage.objects.update(published_at=datetime.now(UTC))

    said = _outbox("resync", "--minutes=5", "--dry-run")

    assert said == "1 events would be published again\n"
    assert not OutboxMessage.objects.pending().exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["resync"],
        ["resync", "--since=yesterday"],
        ["resync", "--since=2026-03-02T12:00:00"],
        ["purge", "--keep-days=-1"],
    ],
)
def test_command_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(CommandError):
        _outbox(*arguments)


def test_purge_says_what_it_did():
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {partition_of(tomorrow)}")

    assert _outbox("purge", "--dry-run").splitlines()[0] == "created: -"
    assert _outbox("purge").splitlines()[0] == f"created: {partition_of(tomorrow)}"


@pytest.fixture
def staff(client):
    client.force_login(get_user_model().objects.create_superuser("staff"))
    return client


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("pending", {"product/WAITING", "product/HELD"}),
        ("published", {"product/DONE"}),
        ("held", {"product/HELD"}),
    ],
)
def test_admin_lists_messages_by_state(staff, state, shown):
    _record("product/WAITING")
    _record("product/HELD")
    done = _record("product/DONE")
    OutboxMessage.objects.filter(id=done.id).update(published_at=NOON)
    HeldStream.objects.create(
        stream="product/HELD", shard=0, message_id=1, attempts=1, retry_at=NOON, last_error="no"
    )

    answer = staff.get(reverse("admin:outbox_outboxmessage_changelist"), {"state": state})

    assert {message.stream for message in answer.context["cl"].queryset} == shown


def test_admin_changes_nothing(staff):
    message = _record()

    change = reverse("admin:outbox_outboxmessage_change", args=[message.id])
    assert staff.get(change).status_code == 200
    assert staff.post(change, {"stream": "product/2"}).status_code == 403
    assert staff.get(reverse("admin:outbox_outboxmessage_add")).status_code == 403
    assert staff.get(reverse("admin:outbox_heldstream_changelist")).status_code == 200
