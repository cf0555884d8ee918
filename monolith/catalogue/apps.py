"""Django's view of the catalogue app."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "monolith.catalogue"

    def ready(self) -> None:
        """Declare the reads that are moving out."""
        from monolith.catalogue import migration_paths

        migration_paths.declare()
