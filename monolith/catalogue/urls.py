"""Addresses of the catalogue; it is the shop's front door."""

from django.urls import path

from monolith.catalogue import views

app_name = "catalogue"
urlpatterns = [
    path("", views.browse, name="browse"),
    path("products/<str:stock_code>/", views.product, name="product"),
]
