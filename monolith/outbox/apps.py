"""The outbox: facts recorded with the business rows, delivered in order, never lost."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The outbox as a Django application."""

    name = "monolith.outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from monolith.outbox import checks  # noqa: F401 - importing registers them
