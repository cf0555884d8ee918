"""What staff see of the outbox, and what those may do who operate it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote

from monolith.outbox.admin import messages as message_pages
from monolith.outbox.models import HeldStream, OutboxMessage
from monolith.outbox.publishers import InMemoryPublisher
from tests.monolith.admin_pages import page, told
from tests.monolith.outbox.events import NOON, commit, record

pytestmark = pytest.mark.django_db
EVENTS = page("outbox_outboxmessage_changelist")
STREAMS = page("outbox_heldstream_changelist")


def _hold(stream="product/1", *, retry_at=None):
    record(stream)
    message = OutboxMessage.objects.latest("id")
    HeldStream.objects.create(
        stream=stream,
        shard=message.shard,
        message_id=message.id,
        attempts=3,
        retry_at=retry_at,
        last_error="too odd",
    )
    return message


@pytest.fixture
def operator(client, staff):
    client.force_login(
        staff("outbox.view_outboxmessage", "outbox.view_heldstream", "outbox.change_heldstream")
    )
    return client


@pytest.fixture
def onlooker(client, staff):
    client.force_login(staff("outbox.view_outboxmessage", "outbox.view_heldstream"))
    return client


def _act(client, where, action, rows, **more):
    chosen = {"action": action, ACTION_CHECKBOX_NAME: [row.pk for row in rows]}
    return client.post(where, {**chosen, **more})


def _logged():
    return list(LogEntry.objects.order_by("id").values_list("object_id", "change_message"))


def test_list_of_held_streams_tells_parked_from_held(operator):
    _hold("product/PARKED")
    _hold("product/HELD", retry_at=NOON)

    def shown(**chosen):
        return {held.stream for held in operator.get(STREAMS, chosen).context["cl"].queryset}

    assert shown() == {"product/PARKED", "product/HELD"}
    assert shown(standing="parked") == {"product/PARKED"}
    assert shown(standing="held") == {"product/HELD"}


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ({"topic": "customer"}, {"customer/1"}),
        ({"event_type": "catalogue.product_sold_out.v1"}, {"customer/1", "product/1"}),
        ({"event_type": "none.such.v1"}, set()),
        ({"state": "skipped"}, {"product/1"}),
        ({"state": "anything"}, {"customer/1", "product/1"}),
    ],
)
def test_list_of_events_can_be_narrowed(operator, chosen, shown):
    record("customer/1")
    record("product/1")
    OutboxMessage.objects.filter(stream="product/1").update(skipped_because="odd (dana)")

    answer = operator.get(EVENTS, chosen)

    assert {message.stream for message in answer.context["cl"].queryset} == shown


def test_page_of_an_event_shows_payload_trace_and_neighbours(operator):
    for _ in range(6):
        record()
    first, *_, last = OutboxMessage.objects.order_by("id")
    traced = f"00-{'ab' * 16}-{'cd' * 8}-01"
    OutboxMessage.objects.filter(id=first.id).update(traceparent=traced)

    answer = operator.get(page("outbox_outboxmessage_change", first.pk))

    text = answer.content.decode()
    assert "ab" * 16 in text
    assert "&quot;stock_code&quot;: &quot;85123A&quot;" in text
    (table,) = answer.context["tables"]
    assert [row[0] for row in table["rows"]] == [1, 2, 3, 4]
    assert page("outbox_outboxmessage_change", last.pk) not in text


def test_payload_that_is_no_json_is_shown_as_it_is(operator):
    record()
    OutboxMessage.objects.update(payload="<b>odd</b>")

    answer = operator.get(page("outbox_outboxmessage_change", OutboxMessage.objects.get().pk))

    assert "&lt;b&gt;odd&lt;/b&gt;" in answer.content.decode()


def test_page_of_a_held_stream_shows_the_event_that_holds_it(operator):
    message = _hold()

    text = operator.get(page("outbox_heldstream_change", quote("product/1"))).content.decode()

    assert str(message.event_id) in text
    assert "85123A" in text
    assert "too odd" in text


def test_page_of_a_held_stream_says_when_its_event_got_through(operator):
    _hold()
    OutboxMessage.objects.update(published_at=NOON)

    text = operator.get(page("outbox_heldstream_change", quote("product/1"))).content.decode()

    assert "published meanwhile" in text


def test_retry_frees_the_chosen_streams_and_is_logged(operator):
    _hold("product/1")
    _hold("product/2")

    answer = _act(operator, STREAMS, "retry_selected", HeldStream.objects.filter(pk="product/1"))

    assert told(answer) == ["product/1 is tried again."]
    assert HeldStream.objects.get().stream == "product/2"
    assert _logged() == [("product/1", "retried")]


def test_retry_of_one_stream_asks_first(operator):
    _hold()
    address = f"{page('outbox_heldstream_change', quote('product/1'))}".replace("change", "retry")

    asked = operator.get(address)
    assert HeldStream.objects.exists()
    answer = operator.post(address)

    assert asked.status_code == 200
    assert answer.url == STREAMS
    assert not HeldStream.objects.exists()


def test_skip_shows_what_goes_and_asks_why_before_anything_happens(operator):
    message = _hold()

    answer = _act(operator, STREAMS, "skip_selected", HeldStream.objects.all())

    text = answer.content.decode()
    assert "version 1 of product/1" in text
    assert "catalogue.product_sold_out.v1" in text
    assert str(message.event_id) in text
    assert "85123A" in text
    assert HeldStream.objects.exists()


def _expected(answer):
    return [value for name, value in answer.context["carried"] if name == "expected"]


def test_skip_with_a_reason_gives_the_event_up_and_is_logged(operator):
    message = _hold()
    streams = list(HeldStream.objects.all())
    asked = _act(operator, STREAMS, "skip_selected", streams)

    given = {"expected": _expected(asked), "reason": "broken"}
    answer = _act(operator, STREAMS, "skip_selected", streams, **given)

    assert told(answer) == ["Skipped: catalogue.product_sold_out.v1 product/1#1."]
    message.refresh_from_db()
    assert message.skipped_because == "broken (dana)"
    assert not HeldStream.objects.exists()
    assert _logged() == [(str(message.pk), "skipped: broken")]


def test_skip_without_a_reason_asks_again(operator):
    _hold()
    streams = list(HeldStream.objects.all())
    asked = _act(operator, STREAMS, "skip_selected", streams)

    answer = _act(
        operator, STREAMS, "skip_selected", streams, expected=_expected(asked), reason=" "
    )

    assert answer.context["form"].errors
    assert HeldStream.objects.exists()


def test_event_that_was_not_shown_is_not_skipped(operator):
    _hold()
    streams = list(HeldStream.objects.all())
    asked = _act(operator, STREAMS, "skip_selected", streams)
    record()
    second = OutboxMessage.objects.latest("id")
    HeldStream.objects.update(message_id=second.id)

    answer = _act(
        operator, STREAMS, "skip_selected", streams, expected=_expected(asked), reason="broken"
    )

    assert told(answer)[0].startswith("Not skipped: product/1 is held by ")
    assert not OutboxMessage.objects.filter(skipped_because__isnull=False).exists()


def test_skip_of_one_stream_goes_the_same_way(operator):
    message = _hold()
    address = page("outbox_heldstream_change", quote("product/1")).replace("change", "skip")
    asked = operator.get(address)

    answer = operator.post(address, {"expected": _expected(asked), "reason": "broken"})

    assert answer.url == STREAMS
    message.refresh_from_db()
    assert message.skipped_because == "broken (dana)"


def test_skip_of_what_got_through_meanwhile_says_so(operator):
    _hold()
    OutboxMessage.objects.update(published_at=NOON)

    answer = _act(operator, STREAMS, "skip_selected", HeldStream.objects.all())

    assert told(answer) == ["Nothing to skip: what held them has been published."]


def test_more_events_than_one_can_look_at_are_not_skipped_at_once(operator):
    for number in range(21):
        _hold(f"product/{number}")

    answer = _act(operator, STREAMS, "skip_selected", HeldStream.objects.all())

    assert told(answer) == ["Give up 20 events at a time at most."]


@pytest.mark.parametrize("where", [EVENTS, STREAMS])
def test_onlooker_is_offered_no_action(onlooker, where):
    _hold()

    answer = onlooker.get(where)

    assert answer.status_code == 200
    assert answer.context["action_form"] is None


def test_onlooker_can_do_nothing(onlooker):
    _hold()
    detail = page("outbox_heldstream_change", quote("product/1"))

    _act(onlooker, STREAMS, "retry_selected", HeldStream.objects.all())
    retried = onlooker.post(detail.replace("change", "retry"))
    skipped = onlooker.post(detail.replace("change", "skip"), {"reason": "x", "expected": "x"})

    assert (retried.status_code, skipped.status_code) == (403, 403)
    assert b"/retry/" not in onlooker.get(detail).content
    assert HeldStream.objects.exists()
    assert _logged() == []


@pytest.mark.parametrize("where", [EVENTS, STREAMS, page("login")])
def test_page_is_not_hidden_for_ever_where_no_scripts_run(operator, where):
    text = operator.get(where, follow=True).content.decode()

    assert "x-cloak" in text.partition("<head>")[0]
    (styles,) = re.findall(r"<noscript><style>(.*?)</style></noscript>", text, re.DOTALL)
    assert "html[x-cloak] { display: block !important }" in styles


def test_operator_edits_adds_and_deletes_nothing(operator):
    _hold()
    detail = page("outbox_heldstream_change", quote("product/1"))

    assert operator.post(detail, {"attempts": 0}).status_code == 403
    assert operator.post(detail.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert operator.get(page("outbox_heldstream_add")).status_code == 403


class Queues:
    """Destinations in memory, by name."""

    def __init__(self):
        self.opened: dict[str, InMemoryPublisher] = {}

    def __call__(self, name):
        return self.opened.setdefault(name, InMemoryPublisher())

    def sent(self):
        return {
            name: [message.version for message in publisher.published]
            for name, publisher in self.opened.items()
        }


@pytest.fixture
def queues(monkeypatch, settings, transactional_db):
    settings.OUTBOX_QUEUE_URLS = {"ours": "https://ours", "theirs": "https://theirs"}
    opened = Queues()
    monkeypatch.setattr(message_pages, "open_destination", opened)
    commit("product/1", 3)
    OutboxMessage.objects.filter(version__lte=2).update(published_at=datetime.now(UTC))
    return opened


def _carried(answer):
    return dict(answer.context["carried"])


def test_replay_asks_to_whom_and_sends_what_is_published_there_only(operator, queues):
    rows = list(OutboxMessage.objects.order_by("-id"))

    asked = _act(operator, EVENTS, "replay_selected", rows)
    assert queues.sent() == {}
    answer = operator.post(EVENTS, {**_carried(asked), "queue": "ours"})

    assert "2 published events" in asked.content.decode()
    assert told(answer) == ["2 events sent to ours."]
    assert queues.sent() == {"ours": [1, 2]}
    assert OutboxMessage.objects.pending().get().version == 3
    assert sorted(_logged()) == sorted(
        (str(row.pk), "replayed to ours: 2 of 2 sent") for row in rows if row.published_at
    )


def test_replay_to_nobody_in_particular_asks_again(operator, queues):
    asked = _act(operator, EVENTS, "replay_selected", OutboxMessage.objects.all())

    answer = operator.post(EVENTS, {**_carried(asked), "queue": "elsewhere"})

    assert answer.context["form"].errors
    assert queues.sent() == {}


def test_replay_that_is_refused_names_the_event_and_what_was_left_behind_it(operator, queues):
    first, _, _ = OutboxMessage.objects.order_by("id")
    queues("ours").refused[first.event_id] = "odd"
    asked = _act(operator, EVENTS, "replay_selected", OutboxMessage.objects.all())

    answer = operator.post(EVENTS, {**_carried(asked), "queue": "ours"})

    assert told(answer) == [
        "0 events sent to ours.",
        f"Refused: {first.event_id} of product/1: odd",
        "1 events behind them were left out.",
    ]


def test_replay_that_cannot_reach_the_queue_says_so(operator, queues, monkeypatch):
    monkeypatch.setattr("monolith.outbox.outages.random.uniform", lambda *_: 0.0)
    queues("ours").is_down = True
    asked = _act(operator, EVENTS, "replay_selected", OutboxMessage.objects.all())

    answer = operator.post(EVENTS, {**_carried(asked), "queue": "ours"})

    assert told(answer) == [
        "The replay stopped: the broker is down",
        "0 events sent to ours.",
    ]


@pytest.mark.parametrize("published", [0, 3])
def test_replay_of_nothing_or_too_much_is_refused(operator, queues, monkeypatch, published):
    monkeypatch.setattr(message_pages, "MOST_REPLAYED", 2)
    instant = datetime.now(UTC) - timedelta(minutes=1) if published else None
    OutboxMessage.objects.update(published_at=instant)

    answer = _act(operator, EVENTS, "replay_selected", OutboxMessage.objects.all())

    assert told(answer)[0].startswith("Choose 1 to 2 published events")
    assert queues.sent() == {}


def test_onlooker_replays_nothing(onlooker, queues):
    _act(onlooker, EVENTS, "replay_selected", OutboxMessage.objects.all(), keys="[]", queue="ours")

    assert queues.sent() == {}
