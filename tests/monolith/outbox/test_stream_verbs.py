"""`manage.py outbox held|show|retry|skip`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from monolith.outbox.models import HeldStream, OutboxMessage, Shard
from tests.monolith.outbox.events import NOON, record

pytestmark = pytest.mark.django_db


def _outbox(*arguments) -> str:
    out = StringIO()
    call_command("outbox", *arguments, stdout=out)
    return out.getvalue()


def _hold(stream="product/1", *, retry_at=None):
    head = OutboxMessage.objects.pending().filter(stream=stream).earliest("id")
    HeldStream.objects.create(
        stream=stream,
        shard=head.shard,
        message_id=head.id,
        attempts=3,
        retry_at=retry_at,
        last_error="too odd",
    )
    return head


def _stand_in_the_middle():
    """Make a stream with one event published, one that holds it and one behind."""
    for _ in range(3):
        record("product/1")
    first, second, third = OutboxMessage.objects.order_by("id")
    OutboxMessage.objects.filter(id=first.id).update(published_at=NOON)
    _hold()
    return first, second, third


def test_show_tells_where_a_stream_stands_and_what_waits():
    first, second, third = _stand_in_the_middle()
    soon = datetime.now(UTC) + timedelta(minutes=1)
    Shard.objects.create(shard=first.shard, owner="relay-7", token=1, lease_until=soon)

    lines = _outbox("show", "product/1").splitlines()

    assert lines[1] == "version      3"
    assert lines[2] == f"shard        {first.shard}, relayed by relay-7"
    assert lines[3].startswith("held         parked, since ")
    assert lines[3].endswith("after 3 attempts: too odd")
    assert lines[4] == "pending      2"
    published, pending = lines.index("published last"), lines.index("pending, in order")
    assert str(first.event_id) in lines[published + 1]
    assert str(second.event_id) in lines[pending + 1]
    assert str(third.event_id) in lines[pending + 2]
    assert lines[pending + 1].startswith("  #2 catalogue.product_sold_out.v1 ")
    assert f"{len(second.payload.encode())} bytes" in lines[pending + 1]


def test_show_finds_the_stream_of_an_event_and_tells_that_it_was_skipped():
    _, second, _ = _stand_in_the_middle()
    OutboxMessage.objects.filter(id=second.id).update(skipped_because="broken (dana)")

    lines = _outbox("show", str(second.event_id)).splitlines()

    assert lines[0] == "stream       product/1"
    asked = lines[lines.index("the event asked for") + 1]
    assert str(second.event_id) in asked
    assert asked.endswith("skipped: broken (dana)")


def test_show_cuts_long_lists_off_and_prints_events_whole_only_when_asked_to():
    _stand_in_the_middle()

    short = _outbox("show", "product/1", "--limit=1")
    whole = _outbox("show", "product/1", "--limit=1", "--payload")

    assert short.count("  #") == 2
    assert '"stock_code": "85123A"' not in short
    assert whole.count('"stock_code": "85123A"') == 2


@pytest.mark.parametrize("unknown", ["product/NOBODY", str(uuid4())])
def test_show_says_where_it_looked_in_vain(unknown):
    with pytest.raises(CommandError) as refusal:
        _outbox("show", unknown)

    assert unknown in str(refusal.value)
    assert "outbox_stream" in str(refusal.value)
    assert "outbox_message" in str(refusal.value)


def test_held_lists_streams_with_their_next_attempt_the_oldest_first():
    record("product/1")
    record("product/2")
    _hold("product/2")
    _hold("product/1", retry_at=NOON)
    HeldStream.objects.filter(stream="product/1").update(held_since=NOON)

    first, second = _outbox("held").splitlines()

    assert first.split()[:3] == ["product/1", "next", "attempt"]
    assert second.split()[:2] == ["product/2", "parked,"]


def test_held_says_when_there_is_nothing():
    assert _outbox("held") == "no stream is held\n"


def test_retry_frees_a_stream():
    _stand_in_the_middle()

    assert _outbox("retry", "product/1") == "product/1 is tried again\n"

    assert not HeldStream.objects.exists()


def test_retry_of_all_parked_streams_says_how_many():
    record("product/1")
    record("product/2")
    _hold("product/1")
    _hold("product/2", retry_at=NOON)

    assert _outbox("retry", "--all-parked") == "1 parked streams are tried again\n"

    assert HeldStream.objects.get().stream == "product/2"


def test_skip_says_what_was_given_up(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "dana")
    _, second, _ = _stand_in_the_middle()

    said = _outbox("skip", "product/1", "--reason=broken", f"--event={second.event_id}")

    assert said == (
        f"skipped catalogue.product_sold_out.v1 {second.event_id}, version 2 of product/1\n"
    )
    second.refresh_from_db()
    assert second.skipped_because == "broken (dana)"


@pytest.mark.parametrize(
    "arguments",
    [
        ["retry"],
        ["retry", "product/1", "--all-parked"],
        ["retry", "product/2"],
        ["skip", "product/1"],
        ["skip", "product/1", "--reason= "],
        ["skip", "product/2", "--reason=broken"],
        ["skip", "product/1", "--reason=broken", f"--event={uuid4()}"],
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(arguments):
    _stand_in_the_middle()

    with pytest.raises(CommandError):
        _outbox(*arguments)

    assert HeldStream.objects.exists()
    assert not OutboxMessage.objects.filter(skipped_because__isnull=False).exists()
