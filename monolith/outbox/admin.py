"""The outbox to look at. Nothing is changed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib import admin
from unfold.admin import ModelAdmin

from monolith.outbox.models import HeldStream, OutboxMessage

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

    from monolith.outbox.models import MessageQuerySet


class StateFilter(admin.SimpleListFilter):
    """Messages by what has become of them."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's signature
        model_admin: admin.ModelAdmin[OutboxMessage],  # noqa: ARG002
    ) -> list[tuple[str, str]]:
        """Name the states."""
        return [("pending", "pending"), ("published", "published"), ("held", "held")]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[OutboxMessage],
    ) -> QuerySet[OutboxMessage]:
        """Keep the messages of the chosen state."""
        messages: MessageQuerySet = queryset  # type: ignore[assignment]
        match self.value():
            case "pending":
                return messages.pending()
            case "published":
                return messages.published()
            case "held":
                return messages.held()
        return messages


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Shows rows to staff who may view them, and lets nobody change them."""

    list_select_related: ClassVar[list[str]] = []
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Forbid."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        """Forbid."""
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Model | None = None,  # noqa: ARG002
    ) -> bool:
        """Forbid."""
        return False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    """Events, the latest first."""

    list_display = ["recorded_at", "event_type", "stream", "version", "published_at"]
    list_filter = [StateFilter, "topic"]
    search_fields = ["stream__exact"]
    search_help_text = "the whole name of a stream, such as customer/17850"
    ordering = ["-recorded_at", "-id"]


@admin.register(HeldStream)
class HeldStreamAdmin(ReadOnlyAdmin):
    """Streams that wait behind a failed message; without a time to retry they are parked."""

    list_display = ["stream", "attempts", "retry_at", "held_since", "last_error"]
    list_filter = [("retry_at", admin.EmptyFieldListFilter)]
    search_fields = ["stream__exact"]
    ordering = ["held_since", "stream"]
