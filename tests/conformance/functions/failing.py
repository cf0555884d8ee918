"""Fails in every way a handler can."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


class OrderRejected(Exception):
    pass


def on_rejected(event, context):
    print("about to reject")  # noqa: T201 - as handlers do
    raise OrderRejected("the shop is closed")


def on_slow(event, context):
    sys.stdout.write("line before the timeout")
    time.sleep(event.get("seconds", 30))
    return "late"


def on_crash(event, context):
    sys.stdout.write("last words\n")
    sys.stderr.write("on both streams")
    os._exit(3)


def on_large(event, context):
    return "x" * (7 * 1024 * 1024)


def on_step(event, context):
    if event.get("attempt_file"):
        with Path(event["attempt_file"]).open("a") as attempts:
            attempts.write("tried\n")
    raise OrderRejected("the shop is closed")
