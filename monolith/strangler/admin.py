"""Shows what is recorded of the moving reads, and changes none of it.

Who changes something says why, and the audit keeps it: the control room and `manage.py strangler`
are the only doors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from monolith.strangler.models import (
    Approval,
    BackfillChunk,
    BackfillRun,
    CohortException,
    Drill,
    Duty,
    Epoch,
    GateEvaluation,
    Heartbeat,
    NormaliseRule,
    PathState,
    Plan,
    ReadRecord,
    ReconcileRun,
    Reveal,
    Sample,
    Signature,
    Transition,
    TransitionEffect,
    Waiver,
    Watch,
    WorkerSeen,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    ModelAdmin = admin.ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin  # it carries no types


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows and changes none."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False


class OfPathsAdmin(ReadOnlyAdmin):
    """Rows of paths, to be narrowed to one."""

    list_filter = ("path",)


@admin.register(PathState)
class PathStateAdmin(ReadOnlyAdmin):
    """Where each path stands."""

    list_display = ("path", "stage", "hold", "is_killed", "version", "changed_at")
    ordering = ("path",)


@admin.register(Transition)
class TransitionAdmin(OfPathsAdmin):
    """Every change, the latest first."""

    list_display = ("at", "path", "kind", "from_stage", "to_stage", "actor", "via", "reason")
    ordering = ("-at", "-pk")


@admin.register(TransitionEffect)
class TransitionEffectAdmin(ReadOnlyAdmin):
    """How long changes took until they were in force."""

    list_display = ("transition", "workers", "milliseconds", "is_complete", "at")
    list_select_related = ("transition",)
    ordering = ("-at", "-pk")


@admin.register(Plan)
class PlanAdmin(OfPathsAdmin):
    """Every plan, the latest first."""

    list_display = ("created_at", "path", "from_rung", "rung", "requested_by", "executed_at")
    ordering = ("-created_at", "-pk")


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Every approval, the latest first."""

    list_display = ("at", "plan", "by", "reason")
    list_select_related = ("plan",)
    ordering = ("-at", "-pk")


@admin.register(Waiver)
class WaiverAdmin(OfPathsAdmin):
    """Every waived gate, the latest first."""

    list_display = ("at", "path", "gate", "requested_by", "approved_by", "expires_at")
    ordering = ("-at", "-pk")


@admin.register(CohortException)
class CohortExceptionAdmin(ReadOnlyAdmin):
    """Who is in or out of a canary by hand; changed by `strangler put`."""

    list_display = ("family", "subject", "is_in", "by", "reason", "expires_at")
    list_filter = ("family", "is_in")
    search_fields = ("subject__exact",)
    ordering = ("expires_at", "pk")


@admin.register(NormaliseRule)
class NormaliseRuleAdmin(OfPathsAdmin):
    """Differences that are agreed not to matter, soonest to end first; `strangler rules`."""

    list_display = ("path", "name", "place", "how", "owner", "expires_at")
    ordering = ("expires_at", "pk")


@admin.register(Epoch)
class EpochAdmin(OfPathsAdmin):
    """Stretches of time in which evidence means the same."""

    list_display = ("opened_at", "path", "number", "why")
    ordering = ("-opened_at", "-pk")


@admin.register(GateEvaluation)
class GateEvaluationAdmin(OfPathsAdmin):
    """What the gates said, the latest first."""

    list_display = ("at", "path", "rung", "verdict", "profile", "epoch")
    show_full_result_count = False
    ordering = ("-at", "-pk")


@admin.register(Watch)
class WatchAdmin(OfPathsAdmin):
    """The sequential tests, and which of them raised an alarm."""

    list_display = ("path", "name", "score", "bad", "seen", "since", "alarmed_at")
    ordering = ("path", "name")


@admin.register(Signature)
class SignatureAdmin(OfPathsAdmin):
    """Kinds of disagreement, the latest first."""

    list_display = ("last_at", "path", "digest", "outcome", "count", "status", "owner")
    ordering = ("-last_at", "-pk")


@admin.register(Sample)
class SampleAdmin(ReadOnlyAdmin):
    """Disagreements that were kept; their values stay sealed."""

    list_display = ("at", "signature", "monolith_version", "service_version", "expires_at")
    list_select_related = ("signature",)
    exclude = ("sealed",)
    ordering = ("-at", "-pk")


@admin.register(Reveal)
class RevealAdmin(OfPathsAdmin):
    """Who looked at values, and why."""

    list_display = ("at", "path", "signature", "sample", "by", "reason")
    ordering = ("-at", "-pk")


@admin.register(ReadRecord)
class ReadRecordAdmin(OfPathsAdmin):
    """Reads of the last day, the latest first."""

    list_display = ("at", "path", "subject", "source", "reason", "milliseconds")
    search_fields = ("request_id__exact", "subject__exact")
    show_full_result_count = False
    ordering = ("-at", "-pk")


@admin.register(BackfillRun)
class BackfillRunAdmin(OfPathsAdmin):
    """Every backfill, the latest first."""

    list_display = ("path", "started_at", "keys_done", "position", "finished_at", "abandoned_at")
    ordering = ("-started_at", "-pk")


@admin.register(BackfillChunk)
class BackfillChunkAdmin(ReadOnlyAdmin):
    """Every chunk of a backfill, the latest first."""

    list_display = ("at", "run", "first_key", "last_key", "keys", "seconds")
    list_select_related = ("run",)
    show_full_result_count = False
    ordering = ("-at", "-pk")


@admin.register(ReconcileRun)
class ReconcileRunAdmin(OfPathsAdmin):
    """Every reconciliation, the latest first."""

    list_display = ("started_at", "path", "keys", "counts", "repaired", "finished_at")
    ordering = ("-started_at", "-pk")


@admin.register(WorkerSeen)
class WorkerSeenAdmin(ReadOnlyAdmin):
    """Processes that route reads."""

    list_display = ("worker", "kind", "control_version", "started_at", "seen_at")
    ordering = ("-seen_at", "worker")


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    """The latest beat of each path's stream."""

    list_display = ("path", "sent_at", "seen_sent_at", "looked_at", "build")
    ordering = ("path",)


@admin.register(Duty)
class DutyAdmin(ReadOnlyAdmin):
    """Who does what only one process needs to do."""

    list_display = ("name", "holder", "until")
    ordering = ("name",)


@admin.register(Drill)
class DrillAdmin(OfPathsAdmin):
    """Every rehearsal, the latest first."""

    list_display = ("started_at", "path", "fault", "has_passed", "detected_seconds", "by")
    ordering = ("-started_at", "-pk")
