"""Does a path's queue have dead letters? Whatever lies there has not reached the service."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from django.conf import settings

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_COUNT: Final = "ApproximateNumberOfMessages"


def count(path: str) -> int | None:
    """Return about how many dead letters a path's queue has; None where no queue is known.

    Raises:
        ClientError, BotoCoreError: the queue could not be asked.
    """
    url = settings.STRANGLER_DEAD_LETTER_URLS.get(path)
    if not url:
        return None
    answer = _client(settings.AWS_REGION, settings.AWS_ENDPOINT_URL).get_queue_attributes(
        QueueUrl=url, AttributeNames=[_COUNT]
    )
    return int(answer["Attributes"][_COUNT])


@cache
def _client(region: str, endpoint: str | None) -> SQSClient:
    config = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    return boto3.client("sqs", region_name=region, endpoint_url=endpoint, config=config)
