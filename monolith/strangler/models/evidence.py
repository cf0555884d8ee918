"""What was seen of a moving read: counts, disagreements, verdicts. Observation, never intent."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Epoch(models.Model):
    """A stretch of time in which evidence means the same: same code, schema, rules, profile, dial.

    `facts` is what the fingerprint was made of; `why` names what changed since the epoch before.
    """

    path = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    facts = models.JSONField()
    why = models.TextField()
    opened_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["path", "number"], name="strangler_epoch_number_once"),
        ]

    def __str__(self) -> str:
        return f"epoch {self.number} of {self.path}"


class Tally(models.Model):
    """How often something was seen in one minute. The series and their names: `tallies.py`."""

    path = models.CharField(max_length=80)
    epoch = models.PositiveIntegerField()
    minute = models.DateTimeField()
    series = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["path", "epoch", "minute", "series", "name"], name="strangler_tally_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["path", "series", "minute"], name="strangler_tally_by_series"),
            models.Index(fields=["minute"], name="strangler_tally_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.series} {self.name}: {self.count}"


class Watch(models.Model):
    """A sequential test that runs for as long as the path moves (see `statistics.Cusum`)."""

    path = models.CharField(max_length=80)
    name = models.CharField(max_length=20)
    score = models.FloatField(default=0)
    seen = models.PositiveBigIntegerField(default=0)
    bad = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField()
    alarmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["path", "name"], name="strangler_watch_once"),
        ]

    def __str__(self) -> str:
        return f"watch of {self.name} of {self.path}"


class GateEvaluation(models.Model):
    """What all the gates before one rung said at one moment. `results`: list of gate results."""

    path = models.CharField(max_length=80)
    epoch = models.PositiveIntegerField()
    rung = models.CharField(max_length=40)
    profile = models.CharField(max_length=10)
    verdict = models.CharField(max_length=12)
    results = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["path", "rung", "-at"], name="strangler_gates_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.path} before {self.rung}: {self.verdict}"


class Signature(models.Model):
    """Disagreements that look alike: same outcome at the same places, whatever the values."""

    path = models.CharField(max_length=80)
    digest = models.CharField(max_length=16)
    outcome = models.CharField(max_length=20)
    places = models.JSONField()
    count = models.PositiveBigIntegerField(default=0)
    subjects = models.JSONField(default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    status = models.CharField(max_length=10, default="open")
    owner = models.CharField(max_length=150, blank=True, default="")
    note = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["path", "digest"], name="strangler_signature_once"),
            models.CheckConstraint(
                condition=Q(status__in=["open", "explained"]),
                name="strangler_signature_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.digest} of {self.path}"


class Sample(models.Model):
    """One disagreement kept to be looked at: values redacted, and sealed for whoever may reveal."""

    signature = models.ForeignKey(Signature, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    monolith_version = models.PositiveBigIntegerField()
    service_version = models.PositiveBigIntegerField(null=True)
    differences = models.JSONField()
    query = models.TextField()
    looks = models.JSONField(default=list)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"sample {self.pk} of {self.signature}"


class Reveal(models.Model):
    """Who looked at a sample's values, and why. Outlives the sample."""

    path = models.CharField(max_length=80)
    signature = models.CharField(max_length=16)
    sample = models.BigIntegerField()
    by = models.CharField(max_length=150)
    reason = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sample {self.sample} revealed to {self.by}"


class NormaliseRule(models.Model):
    """A difference that is agreed not to matter, at one place, until a date.

    `place` is a pattern such as `orders[].status`; `how` names a normaliser of `comparison.rules`.
    """

    path = models.CharField(max_length=80)
    name = models.CharField(max_length=40)
    place = models.CharField(max_length=200)
    how = models.CharField(max_length=40)
    owner = models.CharField(max_length=150)
    reason = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["path", "name"], name="strangler_rule_name_once"),
            models.CheckConstraint(
                condition=~Q(owner="") & ~Q(reason=""), name="strangler_rule_says_who_and_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.path}"


class ReadRecord(models.Model):
    """One answered read and why it was answered from there. Kept for a day."""

    request_id = models.CharField(max_length=64)
    path = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    source = models.CharField(max_length=10)
    reason = models.CharField(max_length=60)
    as_of = models.PositiveBigIntegerField()
    milliseconds = models.FloatField()
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["request_id"], name="strangler_read_by_request"),
            models.Index(fields=["path", "subject", "-at"], name="strangler_read_by_subject"),
            models.Index(fields=["at"], name="strangler_read_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.path} answered by {self.source}"
