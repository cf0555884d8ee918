"""The outbox's tables. The hot paths write and read them with SQL; the models are for looking.

`outbox_message` is partitioned by day and its primary key in the database is (recorded_at, id): an
index that begins with `id` or `shard` would tempt the planner away from the small index of pending
rows.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Stream(models.Model):
    """Where a stream stands. Its row lock makes versions gap-free, in the order of the commits.

    `shard` is stored when the stream begins, so that OUTBOX_SHARDS may grow without a stream
    changing hands.
    """

    stream = models.TextField(primary_key=True, db_collation="C")
    shard = models.SmallIntegerField()
    version = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(version__gte=0), name="outbox_stream_version_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stream} at {self.version}"


class MessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages by what has become of them."""

    def pending(self) -> MessageQuerySet:
        """Keep what has not been published, held or not."""
        return self.filter(published_at__isnull=True)

    def published(self) -> MessageQuerySet:
        """Keep what the broker has accepted."""
        return self.filter(published_at__isnull=False, skipped_because__isnull=True)

    def held(self) -> MessageQuerySet:
        """Keep what waits because its stream is held: the failed message and those behind it."""
        return self.pending().filter(stream__in=HeldStream.objects.values("stream"))


class OutboxMessage(models.Model):
    """One event on its way. `topic` is the kind of stream: settings say which topic carries it."""

    id = models.BigAutoField(primary_key=True)
    shard = models.SmallIntegerField()
    event_id = models.UUIDField()
    stream = models.TextField(db_collation="C")
    version = models.BigIntegerField()
    event_type = models.TextField()
    topic = models.TextField()
    traceparent = models.TextField(null=True)  # noqa: DJ001 - NULL: nobody traced it
    payload = models.TextField()
    recorded_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    skipped_because = models.TextField(null=True)  # noqa: DJ001 - NULL: it was not skipped
    addressee = models.TextField(null=True)  # noqa: DJ001 - NULL: it is for everybody

    objects = MessageQuerySet.as_manager()

    class Meta:
        db_table = "outbox_message"
        indexes = [
            models.Index(
                fields=["shard", "id"],
                condition=models.Q(published_at__isnull=True),
                name="outbox_message_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.stream}#{self.version}"


class Shard(models.Model):
    """Who may relay a shard, until when. Whoever takes it raises `token`; old ones mark nothing."""

    shard = models.SmallIntegerField(primary_key=True)
    owner = models.TextField(null=True)  # noqa: DJ001 - NULL: nobody
    token = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"shard {self.shard} of {self.owner or 'nobody'}"


class LiveRelay(models.Model):
    """A relay that said it lives, so that the others leave it its share of the shards."""

    name = models.TextField(primary_key=True)
    alive_until = models.DateTimeField()

    class Meta:
        db_table = "outbox_relay"

    def __str__(self) -> str:
        return self.name


class HeldStream(models.Model):
    """A stream whose next message failed: it waits until `retry_at`, for ever (parked) if None."""

    stream = models.TextField(primary_key=True, db_collation="C")
    shard = models.SmallIntegerField()
    message_id = models.BigIntegerField()
    attempts = models.IntegerField()
    retry_at = models.DateTimeField(null=True)
    last_error = models.TextField()
    held_since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox_held_stream"
        indexes = [models.Index(fields=["shard", "retry_at"], name="outbox_held_due")]

    def __str__(self) -> str:
        return f"{self.stream} held by message {self.message_id}"


class HandledEvent(models.Model):
    """An event that a consumer on the Django side has handled; see `inbox`."""

    pk = models.CompositePrimaryKey("consumer", "event_id")
    consumer = models.TextField(db_collation="C")
    event_id = models.UUIDField()
    handled_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "outbox_inbox"
        indexes = [models.Index(fields=["handled_at"], name="outbox_inbox_handled_at")]

    def __str__(self) -> str:
        return f"{self.event_id} by {self.consumer}"
