"""SQS, SNS FIFO topics, and event source mappings between queues and functions."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from infra.local.waiting import wait_until
from tests.conformance.local_platform import queue_arn, redrive, unique


@pytest.fixture
def sqs(platform):
    return platform.client("sqs")


def send(sqs, queue_url, *bodies, group="a"):
    for body in bodies:
        sqs.send_message(
            QueueUrl=queue_url, MessageBody=body, MessageGroupId=group,
            MessageDeduplicationId=unique("id"),
        )  # fmt: skip


def create_fed_queue(platform, **attributes):
    """A FIFO topic with a FIFO queue on it, raw delivery."""
    sns, queue_url = platform.client("sns"), platform.create_queue(fifo=True)
    topic = sns.create_topic(Name=unique("topic") + ".fifo", Attributes={"FifoTopic": "true"})
    sns.subscribe(
        TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=queue_arn(queue_url),
        Attributes={"RawMessageDelivery": "true", **attributes},
    )  # fmt: skip
    return topic["TopicArn"], queue_url


def publish(platform, topic_arn, *entries, **attributes):
    """Publish (group, id) pairs in one batch."""
    told = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in ({"kind": "order"} | attributes).items()
    }
    return platform.client("sns").publish_batch(
        TopicArn=topic_arn,
        PublishBatchRequestEntries=[
            {
                "Id": str(number), "Message": name, "MessageGroupId": group,
                "MessageDeduplicationId": name,
                "MessageAttributes": told,
            }
            for number, (group, name) in enumerate(entries)
        ],
    )  # fmt: skip


def test_fifo_queue_keeps_the_order_within_a_group(platform, sqs):
    queue_url = platform.create_queue(fifo=True)

    send(sqs, queue_url, *(f"{number:02}" for number in range(25)))

    bodies = [message["Body"] for message in platform.receive_all(queue_url)]
    assert bodies == [f"{number:02}" for number in range(25)]


def test_fifo_group_is_held_while_one_of_its_messages_is_in_flight(platform, sqs):
    queue_url = platform.create_queue(fifo=True)
    send(sqs, queue_url, "a1", "a2", group="a")
    send(sqs, queue_url, "b1", group="b")

    first = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1)["Messages"]
    others = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]

    assert [message["Body"] for message in first + others] == ["a1", "b1"]


def test_fifo_queue_swallows_a_repeated_deduplication_id(platform, sqs):
    queue_url = platform.create_queue(fifo=True)

    for body in ("first", "again"):
        sqs.send_message(
            QueueUrl=queue_url, MessageBody=body, MessageGroupId="a", MessageDeduplicationId="1"
        )

    assert [message["Body"] for message in platform.receive_all(queue_url)] == ["first"]


def test_published_batches_arrive_raw_in_order_and_with_attributes(platform):
    topic_arn, queue_url = create_fed_queue(platform)
    names = [f"{number:02}" for number in range(30)]

    for start in range(0, 30, 10):
        publish(platform, topic_arn, *(("a", name) for name in names[start : start + 10]))

    messages = platform.receive_all(queue_url)
    assert [message["Body"] for message in messages] == names
    assert {message["Attributes"]["MessageGroupId"] for message in messages} == {"a"}


def test_filter_lets_through_what_lacks_the_attribute_or_has_the_value(platform):
    topic_arn, queue_url = create_fed_queue(
        platform, FilterPolicy=json.dumps({"reader": [{"exists": False}, "mine"]})
    )

    publish(platform, topic_arn, ("a", "1"))
    for number, reader in enumerate(("mine", "theirs", "mine"), start=2):
        publish(platform, topic_arn, ("a", str(number)), reader=reader)

    bodies = [message["Body"] for message in platform.receive_all(queue_url)]
    assert bodies == ["1", "2", "4"]


def test_topic_swallows_a_repeated_deduplication_id(platform):
    topic_arn, queue_url = create_fed_queue(platform)

    publish(platform, topic_arn, ("a", "once"))
    repeated = publish(platform, topic_arn, ("a", "once"))

    assert len(repeated["Successful"]) == 1
    assert len(platform.receive_all(queue_url)) == 1


def test_batch_of_eleven_is_rejected_by_name(platform):
    topic_arn, _ = create_fed_queue(platform)

    with pytest.raises(ClientError) as caught:
        publish(platform, topic_arn, *(("a", str(number)) for number in range(11)))

    assert caught.value.response["Error"]["Code"] == "TooManyEntriesInBatchRequest"


def test_absent_queue_and_topic_are_named_so(platform, sqs):
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="absent")
    with pytest.raises(platform.client("sns").exceptions.NotFoundException):
        platform.client("sns").publish(
            TopicArn="arn:aws:sns:eu-west-1:000000000000:absent", Message="x"
        )


def test_mapping_delivers_in_order_and_deletes(platform, sqs, record):
    queue_url = platform.create_queue(fifo=True)
    function = platform.create_function("recorder.on_fifo", RECORD=str(record.path))
    send(sqs, queue_url, *(f"{number:02}" for number in range(35)))

    platform.map(queue_url, function, BatchSize=10)

    wait_until(lambda: len(record.lines()) == 35, "all are taken")
    assert record.lines() == [f"{number:02}" for number in range(35)]
    wait_until(lambda: platform.count(queue_url) == 0, "all are deleted")


def test_failing_message_blocks_its_group_until_it_succeeds_and_no_other(platform, sqs, record):
    queue_url = platform.create_queue(fifo=True)
    function = platform.create_function("recorder.on_fifo", RECORD=str(record.path))
    send(sqs, queue_url, "a1!2", "a2", "a3", group="a")
    send(sqs, queue_url, "b1", "b2", group="b")

    platform.map(queue_url, function, BatchSize=10)
    wait_until(lambda: "a3" in record.lines(), "the group goes on")

    lines = record.lines()
    assert [line for line in lines if line[0] == "b"] == ["b1", "b2"]
    assert lines.index("b2") < lines.index("a1")
    assert [line for line in lines if "a" in line.split()[-1]] == [
        "failed a1", "failed a1", "a1", "a2", "a3"
    ]  # fmt: skip


def test_hopeless_message_goes_to_the_dead_letters_and_its_group_goes_on(platform, sqs, record):
    dead_letters = platform.create_queue(fifo=True)
    queue_url = platform.create_queue(fifo=True, RedrivePolicy=redrive(dead_letters, after=3))
    function = platform.create_function("recorder.on_fifo", RECORD=str(record.path))
    platform.map(queue_url, function, BatchSize=1)

    send(sqs, queue_url, "hopeless!9", "next")
    wait_until(lambda: "next" in record.lines(), "the group goes on")

    assert record.lines() == ["failed hopeless"] * 3 + ["next"]
    [dead] = platform.receive_all(dead_letters)
    assert dead["Body"] == "hopeless!9"
    assert dead["Attributes"]["MessageGroupId"] == "a"


def test_partial_failure_returns_the_failed_message_alone(platform, sqs, record):
    queue_url = platform.create_queue()
    function = platform.create_function("recorder.on_standard", RECORD=str(record.path))
    entries = [{"Id": str(n), "MessageBody": "2!1" if n == 2 else str(n)} for n in range(5)]
    sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)

    platform.map(queue_url, function, BatchSize=10)
    wait_until(lambda: "2" in record.lines(), "the failed one is tried again")

    assert sorted(record.lines()) == ["0", "1", "2", "3", "4", "failed 2"]
    wait_until(lambda: platform.count(queue_url) == 0, "all are deleted")


def test_raised_error_fails_the_whole_batch(platform, sqs, record):
    dead_letters = platform.create_queue()
    queue_url = platform.create_queue(RedrivePolicy=redrive(dead_letters, after=2))
    function = platform.create_function("recorder.on_raising", RECORD=str(record.path))
    entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(3)]
    sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)

    platform.map(queue_url, function, BatchSize=10)
    wait_until(lambda: platform.count(dead_letters) == 3, "all are dead letters")

    assert sorted(record.lines()) == sorted(f"tried {number}" for number in (0, 1, 2) * 2)


def test_dead_letter_policy_reads_back(platform, sqs):
    dead_letters = platform.create_queue()
    queue_url = platform.create_queue(RedrivePolicy=redrive(dead_letters, after=4))

    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])

    assert json.loads(attributes["Attributes"]["RedrivePolicy"])["maxReceiveCount"] == 4
