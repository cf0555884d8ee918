"""Addresses of a customer's account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from monolith.customers import views

app_name = "customers"
urlpatterns = [
    path("", views.details, name="details"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("register/", views.register, name="register"),
]
