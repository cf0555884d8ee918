"""What is lost, and what is not, when a process of the local platform stops or is killed."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import suppress
from itertools import count

import psutil
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from infra.local.waiting import wait_until
from tests.conformance.local_platform import end, redrive, unique


@pytest.fixture
def consumer(own_platform, record):
    """A mapped FIFO queue whose messages are dead letters at the first extra receive."""
    dead_letters = own_platform.create_queue(fifo=True)
    queue_url = own_platform.create_queue(
        fifo=True, RedrivePolicy=redrive(dead_letters, after=1), VisibilityTimeout="60"
    )
    function = own_platform.create_function("recorder.on_fifo", RECORD=str(record.path))
    own_platform.map(queue_url, function)
    send(own_platform, queue_url, "warm")
    wait_until(lambda: record.lines() == ["warm"], "the consumer is warm")
    # What is killed before that has not heard of it, and rightly delivers it once more.
    wait_until(lambda: own_platform.count(queue_url) == 0, "its message is settled")
    return queue_url, dead_letters, function


def send(platform, queue_url, *bodies):
    for body in bodies:
        platform.client("sqs").send_message(
            QueueUrl=queue_url, MessageBody=body, MessageGroupId="a", MessageDeduplicationId=body
        )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_messages_wait_unharmed_while_the_host_is_down(own_platform, consumer, record, how):
    queue_url, dead_letters, function = consumer

    end(own_platform.host_process, how)
    send(own_platform, queue_url, "1", "2", "3")
    with pytest.raises(own_platform.client("lambda").exceptions.ServiceException):
        own_platform.invoke(function, {})
    own_platform.start_host()

    wait_until(lambda: record.lines() == ["warm", "1", "2", "3"], "it catches up")
    assert own_platform.count(dead_letters) == 0


def test_batch_of_a_killed_host_comes_back_at_once(own_platform, record, tmp_path):
    held_by = tmp_path / "held"
    held_by.touch()
    queue_url = own_platform.create_queue(fifo=True, VisibilityTimeout="60")
    function = own_platform.create_function(
        "recorder.on_held", timeout=60, RECORD=str(record.path), HELD_BY=str(held_by)
    )
    own_platform.map(queue_url, function)

    send(own_platform, queue_url, "1")
    wait_until(lambda: record.lines() == ["began 1"], "it is under way")
    end(own_platform.host_process, signal.SIGKILL)
    held_by.unlink()
    own_platform.start_host()

    wait_until(lambda: "ended 1" in record.lines(), "it is run again")
    assert record.lines() == ["began 1", "began 1", "ended 1"]


def test_workers_die_with_the_host(own_platform, record):
    function = own_platform.create_function("echo.on_event")
    payload, _ = own_platform.invoke(function, {})
    worker_api = payload["variables"]["AWS_LAMBDA_RUNTIME_API"]

    end(own_platform.host_process, signal.SIGKILL)

    wait_until(lambda: not mentions_in_any_environment(worker_api), "the worker is gone")


def test_killed_aws_comes_back_with_its_last_checkpoint(own_platform, consumer, record):
    queue_url, _, _ = consumer
    table = create_table(own_platform)
    own_platform.client("dynamodb").put_item(TableName=table, Item={"id": {"S": "kept"}})
    end(own_platform.host_process, signal.SIGTERM)
    send(own_platform, queue_url, "1", "2")
    await_checkpoint(own_platform)

    end(own_platform.aws_process, signal.SIGKILL)
    own_platform.start_aws()
    own_platform.start_host()

    restored = json.loads((own_platform.state_folder / "restored.json").read_text())
    assert restored["clean"] is False
    assert restored["checkpoint_at"]
    items = own_platform.client("dynamodb").scan(TableName=table)["Items"]
    assert items == [{"id": {"S": "kept"}}]
    wait_until(lambda: record.lines() == ["warm", "1", "2"], "the queue goes on")


def test_kill_at_any_moment_leaves_services_that_agree(own_platform):
    """Rows and messages are written in turns: no checkpoint may hold a message without its row."""
    queue_url, table = own_platform.create_queue(), create_table(own_platform)
    writer = threading.Thread(target=write_in_turns, args=(own_platform, queue_url, table))

    writer.start()
    await_checkpoint(own_platform, every=0.01)
    end(own_platform.aws_process, signal.SIGKILL)
    writer.join()
    own_platform.start_aws()

    rows = own_platform.client("dynamodb").scan(TableName=table)["Count"]
    assert rows - own_platform.count(queue_url) in {0, 1}


def write_in_turns(platform, queue_url, table):
    """Write until local AWS is gone."""
    dynamodb, sqs = platform.client("dynamodb"), platform.client("sqs")
    with suppress(EndpointConnectionError, ConnectionClosedError, ReadTimeoutError):
        for number in count():
            dynamodb.put_item(TableName=table, Item={"id": {"S": str(number)}})
            sqs.send_message(QueueUrl=queue_url, MessageBody=str(number))


def test_events_known_to_a_restored_queue_may_be_sent_again(own_platform, consumer, record):
    queue_url, _, _ = consumer
    end(own_platform.aws_process, signal.SIGTERM)
    own_platform.start_aws()

    send(own_platform, queue_url, "warm")

    wait_until(lambda: record.lines() == ["warm", "warm"], "it is delivered again")


def test_stopped_aws_loses_nothing_and_leaves_nothing(own_platform, consumer):
    queue_url, _, _ = consumer
    end(own_platform.host_process, signal.SIGTERM)
    send(own_platform, queue_url, "1")

    end(own_platform.aws_process, signal.SIGTERM)
    left = sorted(path.name for path in own_platform.state_folder.iterdir())
    own_platform.start_aws()

    assert "tmp" not in left
    assert "in-use" not in left
    assert own_platform.count(queue_url) == 1
    restored = json.loads((own_platform.state_folder / "restored.json").read_text())
    assert restored["clean"] is True


def test_restored_queues_work_under_another_port(own_platform, consumer, record):
    queue_url, _, _ = consumer
    end(own_platform.aws_process, signal.SIGTERM)
    own_platform.move_aws()
    own_platform.start_aws()

    send(own_platform, queue_url, "moved")

    wait_until(lambda: record.lines() == ["warm", "moved"], "it is delivered")


def create_table(platform):
    name = unique("table")
    platform.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def await_checkpoint(platform, *, every=0.05):
    """Wait for one that began after the call: one may have been under way."""
    wanted = newest_generation(platform) + 2

    def is_there():
        platform.client("sqs").create_queue(QueueName="change")  # without any, none is taken
        return newest_generation(platform) >= wanted

    wait_until(is_there, "a checkpoint", every=every)


def newest_generation(platform):
    names = [path.name for path in (platform.state_folder / "generations").iterdir()]
    return max((int(name) for name in names if name.isdigit()), default=0)


def mentions_in_any_environment(text):
    return any(text in process_environment(process) for process in psutil.process_iter())


def process_environment(process):
    try:
        return process.environ().values()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return ()
