"""Customers, where they live, and where their parcels go."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from event_contracts.customers import Contact


class Country(models.Model):
    """A country by the name the trade uses for it."""

    name = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = "countries"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="customers_country_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """Somebody who buys with a customer number; without a user they cannot sign in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )
    name = models.CharField(max_length=120)
    # Absent for customers of the old trade, so that "no e-mail" may occur more than once.
    email = models.EmailField(max_length=150, null=True, blank=True)  # noqa: DJ001
    country = models.ForeignKey(Country, on_delete=models.PROTECT)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email"], name="customers_customer_email_unique"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="customers_customer_email_lower_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    @property
    def contact(self) -> Contact | None:
        """Whom to write to; nobody, for a customer of the old trade without an e-mail."""
        return Contact(name=self.name, email=self.email) if self.email else None


class Address(models.Model):
    """Where a customer has parcels sent."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    recipient = models.CharField(max_length=120)
    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80)
    postcode = models.CharField(max_length=20)
    country = models.ForeignKey(Country, on_delete=models.PROTECT)
    is_default = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_default=True),
                name="customers_address_one_default",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.line1}, {self.city} {self.postcode}"
