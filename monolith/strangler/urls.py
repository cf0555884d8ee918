"""The addresses of the strangler: the control room for people, and the same for machines."""

from __future__ import annotations

from django.urls import include, path

from monolith.strangler.control_room.views import watching

urlpatterns = [
    path("migrations/", include("monolith.strangler.control_room.urls")),
    path("api/migrations.json", watching.migrations_json, name="migrations-json"),
]
