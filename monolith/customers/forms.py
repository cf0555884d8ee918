"""Forms of a customer's account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password

from monolith.customers.operations import AddressDetails
from monolith.customers.queries import list_countries


def _text(autocomplete: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": autocomplete})


def _country_choices() -> list[tuple[str, str]]:
    return [("", "Choose a country"), *((row.name, row.name) for row in list_countries())]


def _country(label: str = "Country") -> forms.ChoiceField:
    # A callable: the countries are read anew for each form, not once per process.
    widget = forms.Select(attrs={"autocomplete": "country-name"})
    return forms.ChoiceField(label=label, choices=_country_choices, widget=widget)


class SignInForm(AuthenticationForm):
    """E-mail and password; the e-mail's case does not matter."""

    username = forms.CharField(
        label="E-mail",
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "inputmode": "email", "autofocus": True}
        ),
    )
    error_messages = {
        "invalid_login": "This e-mail and this password do not belong together.",
        "inactive": "This account is closed.",
    }

    def clean_username(self) -> str:
        """Write an e-mail as it was registered; the names of staff stay as they are."""
        username: str = self.cleaned_data["username"]
        return username.lower() if "@" in username else username


class RegistrationForm(forms.Form):
    """All it takes to open an account."""

    name = forms.CharField(max_length=120, widget=_text("name"))
    email = forms.EmailField(
        label="E-mail", max_length=150, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    country = _country()
    password = forms.CharField(
        help_text="At least 8 characters, and not one that everybody uses.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        """Refuse a password that is too easy to guess."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class AddressForm(forms.Form):
    """Where a parcel goes."""

    recipient = forms.CharField(max_length=120, widget=_text("name"))
    line1 = forms.CharField(label="Address", max_length=120, widget=_text("address-line1"))
    line2 = forms.CharField(
        label="Second line, if any",
        max_length=120,
        required=False,
        widget=_text("address-line2"),
    )
    city = forms.CharField(label="Town or city", max_length=80, widget=_text("address-level2"))
    postcode = forms.CharField(max_length=20, widget=_text("postal-code"))
    country = _country()


class DetailsForm(AddressForm):
    """Who a customer is and where their parcels go; the address may stay empty as a whole."""

    name = forms.CharField(max_length=120, widget=_text("name"))
    home = _country("You live in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and not self._has_address():
            for name in AddressForm.base_fields:
                self.fields[name].required = False

    def address(self) -> AddressDetails | None:
        """Return the address given, or None where it was left empty."""
        if not self._has_address():
            return None
        return AddressDetails(**{name: self.cleaned_data[name] for name in AddressForm.base_fields})

    def _has_address(self) -> bool:
        # The country alone is no address: browsers like to fill it in.
        parts = (name for name in AddressForm.base_fields if name != "country")
        return any(str(self.data.get(name, "")).strip() for name in parts)
