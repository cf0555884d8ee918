"""Django's view of the catalogue app."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "monolith.catalogue"
