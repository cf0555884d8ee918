"""What a service keeps, found by its stack: so that it can be lost."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from infra.local.deploy import LocalAws
from infra.local.stacks import PREFIX
from infra.local.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.running import RunningShop


def drop(shop: RunningShop, service: str) -> int:
    """Empty every table and bucket of a service; return how many items and objects that were."""
    aws = LocalAws(shop.addresses["aws"], region="eu-west-1")
    resources = list(_resources(aws, f"{PREFIX}{service.replace('_', '-')}"))
    with _nothing_by_the_clock(aws, [name for kind, name in resources if kind == _RULE]):
        return sum(_EMPTYING[kind](aws, name) for kind, name in resources if kind in _EMPTYING)


def _resources(aws: LocalAws, stack: str) -> Iterator[tuple[str, str]]:
    pages = aws.client("cloudformation").get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            yield each["ResourceType"], each["PhysicalResourceId"]


@contextmanager
def _nothing_by_the_clock(aws: LocalAws, rules: list[str]) -> Iterator[None]:
    """Let what runs by the clock end, and none begin: it would write what it read before."""
    events, functions = aws.client("events"), aws.client("lambda")
    for rule in rules:
        events.disable_rule(Name=rule)
        for target in events.list_targets_by_rule(Rule=rule)["Targets"]:
            arn = target["Arn"]
            wait_until(partial(_runs, functions, arn), f"a run of {arn}", seconds=240)
    try:
        yield
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


def _runs(functions: Any, arn: str) -> bool:
    """Run a function that runs once at a time; tell whether it did: not while it is running."""
    try:
        answer = functions.invoke(FunctionName=arn, Payload=b"{}")
    except functions.exceptions.TooManyRequestsException:
        return False
    return "FunctionError" not in answer


def _empty_table(aws: LocalAws, name: str) -> int:
    client = aws.client("dynamodb")
    schema = client.describe_table(TableName=name)["Table"]["KeySchema"]
    keys = [each["AttributeName"] for each in schema]
    dropped = 0
    for page in client.get_paginator("scan").paginate(TableName=name):
        for item in page["Items"]:
            client.delete_item(TableName=name, Key={key: item[key] for key in keys})
            dropped += 1
    return dropped


def _empty_bucket(aws: LocalAws, name: str) -> int:
    client = aws.client("s3")
    dropped = 0
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=name):
        for found in page.get("Contents", ()):
            client.delete_object(Bucket=name, Key=found["Key"])
            dropped += 1
    return dropped


_RULE = "AWS::Events::Rule"
_EMPTYING = {"AWS::DynamoDB::Table": _empty_table, "AWS::S3::Bucket": _empty_bucket}
