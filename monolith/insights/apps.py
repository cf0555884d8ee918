"""Django's view of the insights app."""

from __future__ import annotations

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "monolith.insights"

    def ready(self) -> None:
        """Declare the read that is moving out."""
        from monolith.insights import migration_paths

        migration_paths.declare()
