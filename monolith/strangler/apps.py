"""The strangler as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class StranglerConfig(AppConfig):
    """Registers the checks; the paths are declared by the apps that own them."""

    name = "monolith.strangler"

    def ready(self) -> None:
        """Register the system checks."""
        from monolith.strangler import checks  # noqa: F401 - importing registers them
