from __future__ import annotations

from uuid import uuid4

import boto3
import pytest

from extracted_services.sales_insights import store
from extracted_services.sales_insights.projection import merging
from extracted_services.sales_insights.store import ObjectLake, S3Objects
from tests.extracted_services.sales_insights.in_memory_objects import InMemoryObjects


@pytest.fixture
def engine():
    with store.engine() as connection:
        yield connection


@pytest.fixture(params=[0, merging.MOST_HELD_BYTES], ids=["files", "held"])
def holding(request, monkeypatch):
    """Ask files where they lie, as of much trade, and hold what they tell, as of little."""
    monkeypatch.setattr(merging, "MOST_HELD_BYTES", request.param)


@pytest.fixture
def objects():
    return InMemoryObjects()


@pytest.fixture
def lake(objects, tmp_path, holding):
    return ObjectLake(objects, tmp_path / "copies")


@pytest.fixture
def bucket(aws_environment):
    """A bucket of its own for one test."""
    client = boto3.client("s3")
    name = f"lake-{uuid4().hex}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield S3Objects(client, name)
    client.close()
