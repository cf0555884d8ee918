"""Narrowing the lists, without walking through everything that is retained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from monolith.outbox.contracts import contracts
from monolith.outbox.models import OutboxMessage

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from monolith.outbox.models import HeldStream, MessageQuerySet

_RECENT = 5_000

Choices = list[tuple[str, str]]


class StateFilter(admin.SimpleListFilter):
    """Messages by what has become of them."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002 - Django's signature
        """Name the states."""
        return [(state, state) for state in ("pending", "held", "published", "skipped")]

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
            case "held":
                return messages.held()
            case "published":
                return messages.published()
            case "skipped":
                return messages.filter(skipped_because__isnull=False)
        return messages


class TopicFilter(admin.SimpleListFilter):
    """Messages by the kind of their stream, which is their topic."""

    title = "kind of stream"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002
        """Name the topics of the contracts."""
        return [(topic, topic) for topic in sorted(contracts().topics())]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[OutboxMessage],
    ) -> QuerySet[OutboxMessage]:
        """Keep the messages of the chosen topic."""
        return queryset.filter(topic=self.value()) if self.value() else queryset


class TypeFilter(admin.SimpleListFilter):
    """Messages by type."""

    title = "type"
    parameter_name = "event_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002
        """Name the types among the latest messages."""
        latest = OutboxMessage.objects.order_by("-recorded_at", "-id")
        types = set(latest.values_list("event_type", flat=True)[:_RECENT])
        return [(name, name) for name in sorted(types)]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[OutboxMessage],
    ) -> QuerySet[OutboxMessage]:
        """Keep the messages of the chosen type."""
        return queryset.filter(event_type=self.value()) if self.value() else queryset


class ParkedFilter(admin.SimpleListFilter):
    """Held streams by whether anything will happen by itself."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:  # noqa: ARG002
        """Name the two."""
        return [("parked", "parked: waits for an operator"), ("held", "held: is tried again")]

    def queryset(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[HeldStream],
    ) -> QuerySet[HeldStream]:
        """Keep the streams of the chosen standing."""
        if self.value() not in {"parked", "held"}:
            return queryset
        return queryset.filter(retry_at__isnull=self.value() == "parked")
