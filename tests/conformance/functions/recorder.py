"""Consumes a queue as the project's services do, and writes down what it saw in which order.

A body is `name` or `name!times`: it fails that many times, counted by its receive count.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)

fifo = SqsFifoPartialProcessor(skip_group_on_error=True)
standard = BatchProcessor(event_type=EventType.SQS)


def on_fifo(event, context):
    return process_partial_response(event, take, fifo, context)


def on_standard(event, context):
    return process_partial_response(event, take, standard, context)


def on_raising(event, context):
    for message in event["Records"]:
        write(f"tried {message['body']}")
    raise RuntimeError("the whole batch")


def on_held(event, context):
    """Take as long as there is a file."""
    for message in event["Records"]:
        write(f"began {message['body']}")
        while Path(os.environ["HELD_BY"]).exists():
            time.sleep(0.01)
        write(f"ended {message['body']}")


def take(record):
    name, _, failures = record.body.partition("!")
    if int(record.attributes.approximate_receive_count) <= int(failures or 0):
        write(f"failed {name}")
        raise RuntimeError(name)
    write(name)


def write(line):
    with Path(os.environ["RECORD"]).open("a") as file:
        file.write(f"{line}\n")
