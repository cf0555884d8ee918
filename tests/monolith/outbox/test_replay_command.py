"""Replaying from the command line into real queues."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from event_contracts.codec import decode
from monolith.outbox import destinations
from monolith.outbox.management.verbs import replay as verb
from monolith.outbox.models import OutboxMessage
from monolith.outbox.publishers import BrokerUnavailable, InMemoryPublisher, SnsPublisher
from tests.conformance.conftest import running as running_platform
from tests.conformance.local_platform import queue_arn
from tests.monolith.outbox.events import commit
from tests.monolith.outbox.running import all_published, eventually, running_relay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    yield from running_platform(tmp_path_factory.mktemp("platform"))


class Consumers:
    """Two consumers' queues on the topic of products, as they are deployed."""

    def __init__(self, platform) -> None:
        self._platform = platform
        self._sns = platform.client("sns")
        fifo = {"FifoTopic": "true"}
        self.topic = self._sns.create_topic(Name=f"{uuid4().hex}.fifo", Attributes=fifo)["TopicArn"]
        self.urls = {"ours": self._subscribed(), "theirs": self._subscribed()}

    def _subscribed(self):
        url = self._platform.create_queue(fifo=True)
        self._sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=queue_arn(url),
            Attributes={"RawMessageDelivery": "true"},
        )
        return url

    def messages(self, name):
        """Take what is in a queue, with its attributes."""
        sqs, taken = self._platform.client("sqs"), []
        while batch := sqs.receive_message(
            QueueUrl=self.urls[name],
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=self.urls[name], ReceiptHandle=message["ReceiptHandle"])
            taken += batch
        return taken

    def publish(self, *streams):
        """Commit one event per name, have a relay publish them, and return their rows."""
        for stream in streams:
            commit(stream)
        publisher = SnsPublisher(client=self._sns, topic_arns={"product": self.topic})
        with running_relay(publisher):
            eventually(all_published)
        return list(OutboxMessage.objects.order_by("id"))


@pytest.fixture
def consumers(platform, settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.AWS_ENDPOINT_URL = platform.endpoint
    made = Consumers(platform)
    settings.OUTBOX_QUEUE_URLS = made.urls
    settings.OUTBOX_TOPIC_ARNS = {"product": made.topic}
    return made


def _replay(*arguments):
    out, err = StringIO(), StringIO()
    call_command("outbox", "replay", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def _seen(messages):
    return [(m["Attributes"]["MessageGroupId"], decode(m["Body"]).version) for m in messages]


@pytest.mark.platform
def test_one_consumer_gets_everything_again_as_the_first_time_and_the_other_nothing(consumers):
    rows = consumers.publish("product/1", "product/2", "product/1", "product/1")
    first = consumers.messages("ours")
    consumers.messages("theirs")
    state = list(OutboxMessage.objects.order_by("id").values())

    said, _ = _replay("--after=0", "--to=ours")

    again = consumers.messages("ours")
    assert said == f"4 events sent to ours, up to id {rows[-1].id}\n"
    assert sorted(_seen(again)) == sorted(_seen(first))
    assert [v for s, v in _seen(again) if s == "product/1"] == [1, 2, 3]
    assert _content(again) == _content(first)
    assert consumers.messages("theirs") == []
    assert list(OutboxMessage.objects.order_by("id").values()) == state


def _content(messages):
    return {
        message["Body"]: {
            name: attribute["StringValue"]
            for name, attribute in message["MessageAttributes"].items()
        }
        for message in messages
    }


@pytest.mark.platform
def test_second_run_is_not_swallowed_as_a_repetition_of_the_first(consumers):
    consumers.publish("product/1")
    consumers.messages("ours")

    _replay("--after=0", "--to=ours")
    _replay("--after=0", "--to=ours")

    assert _seen(consumers.messages("ours")) == [("product/1", 1)] * 2


@pytest.mark.platform
def test_queue_may_be_given_by_its_address_or_its_arn_and_a_topic_by_its_name(consumers):
    consumers.publish("product/1")
    for name in ("ours", "theirs"):
        consumers.messages(name)

    _replay("--after=0", f"--to={consumers.urls['ours']}")
    _replay("--after=0", f"--to={queue_arn(consumers.urls['ours'])}")
    _replay("--after=0", "--to=product")

    assert len(consumers.messages("ours")) == 3
    assert len(consumers.messages("theirs")) == 1


@pytest.mark.platform
def test_queue_without_order_takes_events_too(consumers, platform):
    (row,) = consumers.publish("product/1")
    url = platform.create_queue()

    _replay("--stream=product/1", f"--to={url}")

    assert [message["Body"] for message in platform.receive_all(url)] == [row.payload]


@pytest.mark.platform
def test_dry_run_counts_and_sends_nothing(consumers):
    rows = consumers.publish("product/1", "product/2")
    consumers.messages("ours")

    said, _ = _replay("--after=0", "--to=ours", "--dry-run")

    size = sum(len(row.payload.encode()) for row in rows)
    ids = f"ids {rows[0].id} to {rows[1].id}"
    assert said.splitlines() == [
        f"{2:>10} catalogue.product_sold_out.v1, {size} bytes, {ids}",
        "2 events would be sent to ours",
    ]
    assert consumers.messages("ours") == []


@pytest.mark.platform
def test_absent_queue_is_refused_by_name(consumers):
    arn = "arn:aws:sqs:eu-west-1:000000000000:absent.fifo"

    with pytest.raises(CommandError, match="absent"):
        _replay("--after=0", f"--to={arn}")
    with pytest.raises(CommandError, match=r"elsewhere: no queue.*ours, product, theirs"):
        _replay("--after=0", "--to=elsewhere")


class Interrupted(InMemoryPublisher):
    """Takes so many batches, and then something happens."""

    def __init__(self, *, batches, error):
        super().__init__()
        self.left, self.error = batches, error

    def publish(self, batch):
        if self.left == 0:
            raise self.error
        self.left -= 1
        return super().publish(batch)


@pytest.fixture
def destination(monkeypatch):
    """A destination in memory."""
    publisher = InMemoryPublisher()
    monkeypatch.setattr(verb, "open_destination", lambda _: publisher)
    return publisher


def _publish(*streams):
    for stream in streams:
        commit(stream)
    OutboxMessage.objects.update(published_at=datetime.now(UTC))
    return list(OutboxMessage.objects.order_by("id"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokerUnavailable("down")])
def test_what_was_stopped_says_how_to_go_on_and_going_on_sends_the_rest(monkeypatch, error):
    rows = _publish("product/1", "product/1", "product/1")
    stopped, rest = Interrupted(batches=1, error=error), InMemoryPublisher()
    monkeypatch.setattr("monolith.outbox.outages.random.uniform", lambda *_: 0.0)

    monkeypatch.setattr(verb, "open_destination", lambda _: stopped)
    with pytest.raises(CommandError) as refusal:
        _replay("--stream=product/1", "--to=any")
    monkeypatch.setattr(verb, "open_destination", lambda _: rest)
    *_, after = str(refusal.value).split()
    _replay("--stream=product/1", "--to=any", f"--after={after}")

    assert refusal.value.returncode == verb.INCOMPLETE
    assert f"and --after {rows[0].id}" in str(refusal.value)
    assert [m.id for m in stopped.published + rest.published] == [row.id for row in rows]


def test_refused_event_is_named_with_how_to_go_on(destination):
    rows = _publish("product/1", "product/1", "product/2")
    destination.refused[rows[0].event_id] = "odd"

    with pytest.raises(CommandError) as refusal:
        _replay("--after=0", "--to=any")

    assert refusal.value.returncode == verb.INCOMPLETE
    assert str(refusal.value).splitlines() == [
        "1 events were refused",
        f"{rows[0].event_id} (id {rows[0].id}, version 1 of product/1): odd",
        "1 later events of the same streams were left out",
        f"go on with --stream product/1 --after {rows[0].id - 1}",
    ]
    assert [message.id for message in destination.published] == [rows[2].id]


def test_nothing_that_matches_is_said_with_an_exit_code(destination):
    _publish("product/1")

    with pytest.raises(CommandError, match="nothing matches") as refusal:
        _replay("--stream=product/2", "--to=any")

    assert refusal.value.returncode == verb.NOTHING_MATCHES


def test_filter_by_type_warns_of_gaps(destination):
    _publish("product/1")

    _, warned = _replay("--type=catalogue.product_sold_out.v1", "--to=any")

    assert "gaps" in warned
    assert len(destination.published) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--rate=0", "--after=0"],
        ["--since=2026-03-02T12:00:00"],
        ["--since=yesterday"],
    ],
)
def test_replay_that_makes_no_sense_is_refused(destination, arguments):
    with pytest.raises(CommandError):
        _replay("--to=any", *arguments)


def test_deduplication_id_is_short_enough_for_any_event_id():
    sent: list[dict[str, str]] = []
    redirection = destinations._Redirection(sent.extend, is_fifo=True)

    redirection.publish_batch(
        PublishBatchRequestEntries=[{"MessageDeduplicationId": "x" * 500, "Message": "m"}]
    )

    assert len(sent[0]["MessageDeduplicationId"]) <= 128
