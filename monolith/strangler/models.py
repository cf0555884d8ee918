"""What is recorded about moving reads: where each stands, every change, every backfill."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from monolith.strangler.stages import Stage

_STAGES = [(int(stage), stage.label) for stage in Stage]
_KNOWN_STAGES = [int(stage) for stage in Stage]


class PathState(models.Model):
    """Where a path stands now; a path without a row is answered by the monolith.

    `version` grows with every change, so that nobody changes what they have not seen.
    """

    path = models.CharField(max_length=80, primary_key=True)
    stage = models.PositiveSmallIntegerField(choices=_STAGES, default=int(Stage.MONOLITH))
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stage__in=_KNOWN_STAGES), name="strangler_path_state_stage_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} at {Stage(self.stage).label}"


class Transition(models.Model):
    """One change of stage: who, why, when. A trigger keeps rows as they are."""

    path = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    from_stage = models.PositiveSmallIntegerField(choices=_STAGES)
    to_stage = models.PositiveSmallIntegerField(choices=_STAGES)
    actor = models.CharField(max_length=150)
    reason = models.TextField()
    at = models.DateTimeField()
    took_microseconds = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["path", "version"], name="strangler_transition_version_unique"
            ),
            models.CheckConstraint(
                condition=Q(from_stage__in=_KNOWN_STAGES, to_stage__in=_KNOWN_STAGES),
                name="strangler_transition_stages_known",
            ),
            models.CheckConstraint(
                condition=~Q(from_stage=models.F("to_stage")),
                name="strangler_transition_goes_somewhere",
            ),
            models.CheckConstraint(
                condition=~Q(actor="") & ~Q(reason=""), name="strangler_transition_says_who_and_why"
            ),
        ]

    def __str__(self) -> str:
        steps = Stage(self.from_stage).label, Stage(self.to_stage).label
        return f"{self.path}: {steps[0]} to {steps[1]}"


class BackfillRun(models.Model):
    """One pass over all keys of a path. `position` is the last key done: resume after it."""

    path = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    position = models.CharField(max_length=200, blank=True)
    keys_done = models.PositiveIntegerField(default=0)
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
