"""The address of the insights."""

from __future__ import annotations

from django.urls import path

from monolith.insights import views

app_name = "insights"
urlpatterns = [path("", views.insights, name="insights")]
