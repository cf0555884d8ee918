"""Answers with what it was given, and with what it was told about itself."""

from __future__ import annotations

import json
import os


def on_event(event, context):
    print(f"echo of {event!r}")  # noqa: T201 - as handlers do
    return {"event": event, "request_id": context.aws_request_id, "variables": dict(os.environ)}


def on_http(event, context):
    if event["rawPath"].endswith("/broken"):
        raise LookupError("no such thing")
    return {"statusCode": 200, "headers": {"X-Answered": "yes"}, "body": json.dumps(event)}
