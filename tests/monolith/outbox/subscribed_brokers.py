"""The publishers, each with what a subscriber gets from it and a store for claims."""

from __future__ import annotations

from contextlib import contextmanager
from uuid import uuid4

import boto3
from botocore.config import Config

from event_contracts.codec import encode
from event_contracts.envelope import Envelope
from monolith.outbox.claim_checks import InMemoryClaimStore, S3ClaimStore
from monolith.outbox.messages import Message
from monolith.outbox.publishers import MAX_BATCH_BYTES, InMemoryPublisher, SnsPublisher
from tests.monolith.outbox.events import NOON, sold_out

HERE = {"LocationConstraint": "eu-west-1"}
OVERSIZE = MAX_BATCH_BYTES + 1


def event_message(stream="product/1", *, version=1, payload=None, size=0) -> Message:
    envelope = Envelope(
        event_id=uuid4(),
        event_type="catalogue.product_sold_out.v1",
        stream=stream,
        version=version,
        occurred_at=NOON,
        data=sold_out("x" * size or "85123A"),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    text = encode(envelope) if payload is None else payload
    return Message(
        shard=0,
        token=1,
        id=version,
        recorded_at=NOON,
        event_id=envelope.event_id,
        stream=stream,
        version=version,
        event_type=envelope.event_type,
        topic="product",
        payload=text,
        size=len(text.encode()),
        attempts=0,
    )


class MemoryBroker:
    """The publisher in memory, and what a subscriber would have got from it."""

    def __init__(self) -> None:
        self._claims = InMemoryClaimStore()
        self.publisher = InMemoryPublisher(claims=self._claims)

    def received(self) -> list[str]:
        return [message.payload for message in self.publisher.published]

    def fetch(self, dataref, _event_id) -> str:
        return self._claims.kept[dataref]

    def kept(self) -> list[str]:
        return list(self._claims.kept)

    def without_claims(self):
        return InMemoryPublisher()

    @contextmanager
    def outage(self):
        self.publisher.is_down = True
        yield self.publisher
        self.publisher.is_down = False

    @contextmanager
    def claims_outage(self):
        self._claims.is_down = True
        yield self.publisher
        self._claims.is_down = False

    def refusing_claims(self):
        self._claims.refuses = True
        return self.publisher


class SnsBroker:
    """SNS with a FIFO queue that is subscribed raw."""

    def __init__(self, platform) -> None:
        self._platform = platform
        sns, self._sqs = platform.client("sns"), platform.client("sqs")
        name, fifo = uuid4().hex[:8], {"FifoTopic": "true"}
        arn = sns.create_topic(Name=f"{name}.fifo", Attributes=fifo)["TopicArn"]
        self._queue = self._sqs.create_queue(
            QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true"}
        )["QueueUrl"]
        queue_arn = self._sqs.get_queue_attributes(
            QueueUrl=self._queue, AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        sns.subscribe(
            TopicArn=arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        self._arns = {"product": arn}
        self._s3 = platform.client("s3")
        self._bucket = uuid4().hex
        self._s3.create_bucket(Bucket=self._bucket, CreateBucketConfiguration=HERE)
        self.publisher = self._publisher(self._claims(self._s3))

    def _claims(self, client, bucket=None):
        return S3ClaimStore(bucket=bucket or self._bucket, connect=lambda: client)

    def _publisher(self, claims):
        sns = self._platform.client("sns")
        return SnsPublisher(client=sns, topic_arns=self._arns, claims=claims)

    def fetch(self, dataref, event_id) -> str:
        bucket, key = dataref.removeprefix("s3://").split("/", 1)
        found = self._s3.get_object(Bucket=bucket, Key=key)
        assert found["Metadata"] == {"event-id": str(event_id)}
        return str(found["Body"].read(), "utf-8")

    def kept(self) -> list[str]:
        listed = self._s3.list_objects_v2(Bucket=self._bucket)
        return [f"s3://{self._bucket}/{found['Key']}" for found in listed.get("Contents", [])]

    def without_claims(self):
        return self._publisher(None)

    def messages(self):
        answer = self._sqs.receive_message(
            QueueUrl=self._queue,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def received(self) -> list[str]:
        return [message["Body"] for message in self.messages()]

    @contextmanager
    def outage(self):
        yield SnsPublisher(client=aws_client("sns", "http://127.0.0.1:1"), topic_arns=self._arns)

    @contextmanager
    def claims_outage(self):
        yield self._publisher(self._claims(aws_client("s3", "http://127.0.0.1:1")))

    def refusing_claims(self):
        return self._publisher(self._claims(self._s3, bucket="nobody-made-this"))


def aws_client(service, url):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=30, read_timeout=30),
    )
