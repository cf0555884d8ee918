"""What processes and services were seen to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from datetime import datetime


class WorkerSeen(models.Model):
    """A process that routes reads, and the newest change of state that it serves by.

    `control_version` is the id of a `Transition`; `code` the digest of the code it runs.
    """

    worker = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=20)
    control_version = models.BigIntegerField()
    code = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker


class Heartbeat(models.Model):
    """The latest beat sent down a path's stream, and the latest that its service had arrived at.

    `beats` are the latest ones that were not seen yet, and the one that was: `[version, sent at]`.
    """

    path = models.CharField(max_length=80, primary_key=True)
    sent_version = models.PositiveBigIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    beats = models.JSONField(default=list)
    seen_version = models.PositiveBigIntegerField(default=0)
    seen_sent_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    build = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"heartbeat of {self.path}"

    def seconds_behind(self, at: datetime) -> float | None:
        """Return how long ago the newest beat was sent that the service has come to.

        None where it has come to the newest that was sent, or never to one.
        """
        if self.seen_sent_at is None or self.seen_version >= self.sent_version:
            return None
        return (at - self.seen_sent_at).total_seconds()


class Duty(models.Model):
    """What only one process needs to do, and who does it until when. Two would do no harm."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=120)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} by {self.holder}"


class Drill(models.Model):
    """One fault put into a path's twin, and whether it was found and rolled back in time."""

    path = models.CharField(max_length=80)
    fault = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    comparisons = models.PositiveIntegerField(default=0)
    detected_seconds = models.FloatField(null=True, blank=True)
    rolled_back_seconds = models.FloatField(null=True, blank=True)
    effective_seconds = models.FloatField(null=True, blank=True)
    alarm = models.TextField(blank=True, default="")
    has_passed = models.BooleanField(default=False)
    code = models.CharField(max_length=64)
    by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"drill {self.fault} of {self.path}"
