"""Django's view of the insights app."""

from __future__ import annotations

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "monolith.insights"
