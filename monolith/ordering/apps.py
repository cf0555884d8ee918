"""Django's view of the ordering app."""

from __future__ import annotations

from django.apps import AppConfig


class OrderingConfig(AppConfig):
    name = "monolith.ordering"

    def ready(self) -> None:
        """Declare the reads that are moving out."""
        from monolith.ordering import migration_paths

        migration_paths.declare()
