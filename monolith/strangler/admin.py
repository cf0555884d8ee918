"""Shows where the moving reads stand. Stages change through one door: `manage.py strangler`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from monolith.strangler.models import BackfillRun, PathState, Transition

if TYPE_CHECKING:
    from django.http import HttpRequest

    ModelAdmin = admin.ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin  # it carries no types


class ReadOnlyAdmin(ModelAdmin):
    """Shows rows and changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody."""
        return False


@admin.register(PathState)
class PathStateAdmin(ReadOnlyAdmin):
    """Where each path stands."""

    list_display = ("path", "stage", "version", "changed_at")
    ordering = ("path",)


@admin.register(Transition)
class TransitionAdmin(ReadOnlyAdmin):
    """Every change, the latest first."""

    list_display = ("at", "path", "from_stage", "to_stage", "actor", "reason")
    list_filter = ("path",)
    ordering = ("-at", "-pk")


@admin.register(BackfillRun)
class BackfillRunAdmin(ReadOnlyAdmin):
    """Every backfill, the latest first."""

    list_display = ("path", "started_at", "keys_done", "position", "finished_at", "abandoned_at")
    list_filter = ("path",)
    ordering = ("-started_at", "-pk")
