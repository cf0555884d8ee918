"""How services are filled, and how it is proved that they are: backfills and reconciliations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class BackfillRun(models.Model):
    """One pass over all keys of a path. `position` is the last key done: resume after it.

    The knobs (`chunk_keys` to `hours`: see `backfill.knobs`) are read anew before every chunk; 0,
    and no text, is the default. `throttled_by` says what it waits for just now.
    """

    path = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    position = models.CharField(max_length=200, blank=True)
    keys_done = models.PositiveIntegerField(default=0)
    keys_expected = models.PositiveIntegerField(null=True, blank=True)
    chunk_keys = models.PositiveIntegerField(default=0)
    nice = models.FloatField(default=0)
    max_pending = models.PositiveIntegerField(default=0)
    slower = models.FloatField(default=0)
    lag = models.FloatField(default=0)
    ahead = models.PositiveIntegerField(default=0)
    hours = models.CharField(max_length=5, blank=True, default="")
    throttled_by = models.TextField(blank=True, default="")
    paused_by = models.CharField(max_length=150, blank=True, default="")
    active_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    abandoned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["path"],
                condition=Q(finished_at=None, abandoned_at=None),
                name="strangler_backfill_run_one_open",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(abandoned_at=None),
                name="strangler_backfill_run_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"backfill {self.pk} of {self.path}, {self.keys_done} keys done"


class BackfillChunk(models.Model):
    """One chunk of keys that was sent."""

    run = models.ForeignKey(BackfillRun, on_delete=models.CASCADE, related_name="chunks")
    first_key = models.CharField(max_length=200)
    last_key = models.CharField(max_length=200)
    keys = models.PositiveIntegerField()
    seconds = models.FloatField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.keys} keys up to {self.last_key}"


class ReconcileRun(models.Model):
    """One comparison of every key. `counts`: final -> keys; `findings`: the first hundred."""

    path = models.CharField(max_length=80)
    epoch = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    position = models.CharField(max_length=200, blank=True)
    keys = models.PositiveIntegerField(default=0)
    chunks = models.PositiveIntegerField(default=0)
    chunks_bisected = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    repaired = models.PositiveIntegerField(default=0)
    is_continuous = models.BooleanField(default=False)
    active_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["path", "-started_at"], name="strangler_reconcile_latest"),
        ]

    def __str__(self) -> str:
        return f"reconciliation {self.pk} of {self.path}, {self.keys} keys"
