"""What people want of a moving read, and every change of it: the intent, never the observation."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from monolith.strangler.deciding.ladder import WHOLE
from monolith.strangler.deciding.stages import Stage

_STAGES = [(int(stage), stage.label) for stage in Stage]
_KNOWN_STAGES = [int(stage) for stage in Stage]
_HOLDS = ["", "paused", "frozen"]


class PathState(models.Model):
    """Where a path stands now; a path without a row is answered by the monolith.

    `version` grows with every change, so that nobody changes what they have not seen. The row
    called "all" carries the kill switch of everything and no stage. Shares are basis points.
    """

    path = models.CharField(max_length=80, primary_key=True)
    stage = models.PositiveSmallIntegerField(choices=_STAGES, default=int(Stage.MONOLITH))
    shadow_bp = models.PositiveSmallIntegerField(default=0)
    canary_bp = models.PositiveSmallIntegerField(default=0)
    verify_bp = models.PositiveSmallIntegerField(default=0)
    has_fallback = models.BooleanField(default=True)
    is_killed = models.BooleanField(default=False)
    hold = models.CharField(max_length=10, blank=True, default="")
    hold_by = models.CharField(max_length=150, blank=True, default="")
    hold_reason = models.TextField(blank=True, default="")
    hold_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        permissions: ClassVar = [
            ("view_control_room", "Can look into the control room"),
            ("operate_paths", "Can plan, advance, pause and fill read paths"),
            ("approve_plans", "Can approve plans and lift kills"),
            ("kill_paths", "Can kill and roll back read paths"),
            ("reveal_samples", "Can reveal the values of mismatches"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stage__in=_KNOWN_STAGES), name="strangler_path_state_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(shadow_bp__lte=WHOLE, canary_bp__lte=WHOLE, verify_bp__lte=WHOLE),
                name="strangler_path_state_shares_within_whole",
            ),
            models.CheckConstraint(
                condition=Q(hold__in=_HOLDS), name="strangler_path_state_hold_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} at {Stage(self.stage).label}"


class TransitionQuerySet(models.QuerySet["Transition"]):
    """Rows of the audit."""

    def of_state(self, *paths: str) -> TransitionQuerySet:
        """Keep the changes of a state, of these paths or of all; not what was noted beside them."""
        changes = self.filter(version__isnull=False)
        return changes.filter(path__in=paths) if paths else changes


class Transition(models.Model):
    """One change: who, why, when, on what evidence. A trigger keeps rows.

    Of a path's state, `before` and `after` hold the whole of it (see `ladder.Dial`). What changed
    no state has no `version`, and they say what it did change. `digest` covers the row and the
    digest of the row before it: nobody changes the past unseen. Rows older than the chain have "".
    """

    path = models.CharField(max_length=80)
    version = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=20, default="move")
    from_stage = models.PositiveSmallIntegerField(choices=_STAGES)
    to_stage = models.PositiveSmallIntegerField(choices=_STAGES)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    actor = models.CharField(max_length=150)
    actor_kind = models.CharField(max_length=10, default="human")
    via = models.CharField(max_length=10, default="cli")
    reason = models.TextField()
    ticket = models.CharField(max_length=200, blank=True, default="")
    plan = models.ForeignKey(
        "Plan", null=True, blank=True, on_delete=models.PROTECT, related_name="transitions"
    )
    evidence = models.JSONField(default=dict)
    approvals = models.JSONField(default=list)
    release = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()
    took_microseconds = models.PositiveIntegerField()
    previous_digest = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")

    objects = TransitionQuerySet.as_manager()

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
                condition=~Q(actor="") & ~Q(reason=""), name="strangler_transition_says_who_and_why"
            ),
        ]

    def __str__(self) -> str:
        if self.version is None:
            return f"{self.path}: {self.noted}"
        steps = Stage(self.from_stage).label, Stage(self.to_stage).label
        if steps[0] == steps[1]:
            return f"{self.path}: {self.kind} at {steps[0]}"
        return f"{self.path}: {steps[0]} to {steps[1]}"

    @property
    def noted(self) -> str:
        """Say what was noted beside the state, in words: `rule name loud, place books[]`."""
        told = (f"{name} {value}" for name, value in (self.after or self.before).items())
        ending = "" if self.after else " ended"
        return f"{self.kind} {', '.join(told)}{ending}"


class TransitionEffect(models.Model):
    """How long it took until every process served by the new state: measured, not promised."""

    transition = models.OneToOneField(Transition, on_delete=models.PROTECT, related_name="effect")
    workers = models.PositiveIntegerField()
    milliseconds = models.PositiveIntegerField()
    is_complete = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.workers} processes after {self.milliseconds} ms"


class Plan(models.Model):
    """What an advance would change, written down before anybody does it.

    `rung` is the name of the rung it leads to. Valid while the path's state has `state_version` and
    its evidence the same `fingerprint`.
    """

    path = models.CharField(max_length=80)
    state_version = models.PositiveIntegerField()
    from_rung = models.CharField(max_length=40)
    rung = models.CharField(max_length=40)
    epoch = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    profile = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    executed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"plan {self.pk}: {self.path} to {self.rung}"


class Approval(models.Model):
    """A second person's yes to one plan, as it stood."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="approvals")
    plan_digest = models.CharField(max_length=64)
    by = models.CharField(max_length=150)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "by"], name="strangler_approval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} approved by {self.by}"


class Waiver(models.Model):
    """A gate that somebody lets pass for a while, against its verdict."""

    path = models.CharField(max_length=80)
    gate = models.CharField(max_length=10)
    reason = models.TextField()
    requested_by = models.CharField(max_length=150)
    approved_by = models.CharField(max_length=150)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(requested_by=F("approved_by")), name="strangler_waiver_by_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate} of {self.path} waived until {self.expires_at:%Y-%m-%d}"


class CohortException(models.Model):
    """Somebody who is in, or out of, a family's canary whatever their bucket says, until a date."""

    family = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    is_in = models.BooleanField()
    reason = models.TextField()
    by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["family", "subject"], name="strangler_cohort_exception_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {'in' if self.is_in else 'out of'} {self.family}"
