"""Every address of the shop."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from monolith.config import health
from monolith.config.metrics import metrics

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("api/v1/", include("monolith.config.api_urls")),
    path("ops/insights/", include("monolith.insights.urls")),
    path("ops/", include("monolith.strangler.urls")),
    path("account/", include("monolith.customers.urls")),
    path("orders/", include("monolith.ordering.urls")),
    path("", include("monolith.catalogue.urls")),
]
