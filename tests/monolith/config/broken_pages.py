"""A page with a defect."""

from __future__ import annotations

from django.urls import path


def break_down(request):
    raise ZeroDivisionError


urlpatterns = [path("broken/", break_down)]
