"""Pages of an account: signing in and out, opening one, and its details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from event_contracts.customer_summary import (
    AT_RISK,
    CHAMPION,
    LAPSED,
    LOYAL,
    NEW,
    PROSPECT,
    REGULAR,
)
from monolith.customers import operations, queries
from monolith.customers.forms import DetailsForm, RegistrationForm, SignInForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from monolith.customers.models import Customer

GREETINGS = {
    PROSPECT: "Nothing yet. The first parcel is the nicest.",
    NEW: "Your first order with us. Thank you!",
    REGULAR: "Good to have you with us.",
    LOYAL: "You come back again and again. Thank you!",
    CHAMPION: "You are one of our very best customers. Thank you!",
    AT_RISK: "It has been a while: we have missed you.",
    LAPSED: "It has been a while: there is a lot to discover.",
}
"""What a customer reads of their segment, in the place of its name."""


class SignIn(LoginView):
    """Sign in with the e-mail; a basket filled before stays in the session."""

    template_name = "customers/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Open an account and sign in with it."""
    form = RegistrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        customer = _register(form)
        if customer is not None and customer.user is not None:
            login(request, customer.user)
            messages.success(request, f"Welcome, {customer.name}.")
            return redirect(_next_url(request) or settings.LOGIN_REDIRECT_URL)
    context = {"form": form, "next": _next_url(request)}
    return render(request, "customers/register.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Show and change who a customer is and where their parcels go."""
    customer = queries.find_customer_for_user(request.user)
    if customer is None:
        return render(request, "customers/details.html")
    form = DetailsForm(request.POST or None, initial=_present_details(customer))
    if request.method == "POST" and form.is_valid():
        _change(customer, form)
        messages.success(request, "Your details are saved.")
        return redirect("customers:details")
    context = {"form": form, "customer": customer, **_summary(customer)}
    return render(request, "customers/details.html", context)


def _register(form: RegistrationForm) -> Customer | None:
    try:
        return operations.register_customer(**form.cleaned_data, registered_at=timezone.now())
    except operations.EmailAlreadyRegistered:
        form.add_error("email", "There is an account with this e-mail already. Sign in instead.")
    except operations.UnknownCountry:
        form.add_error("country", "We do not sell to this country.")
    return None


def _change(customer: Customer, form: DetailsForm) -> None:
    operations.change_details(
        customer_id=customer.pk,
        name=form.cleaned_data["name"],
        country=form.cleaned_data["home"],
        address=form.address(),
        changed_at=timezone.now(),
    )


def _summary(customer: Customer) -> dict[str, Any]:
    summary = queries.find_summary(customer_id=customer.pk, on=timezone.now().date())
    return {"summary": summary, "greeting": GREETINGS[summary.segment]} if summary else {}


def _present_details(customer: Customer) -> dict[str, Any]:
    address = queries.find_default_address(customer_id=customer.pk)
    home = {"name": customer.name, "home": customer.country.name}
    if address is None:
        return {**home, "country": customer.country.name}
    parts = ("recipient", "line1", "line2", "city", "postcode", "country")
    return {**home, **{part: str(getattr(address, part)) for part in parts}}


def _next_url(request: HttpRequest) -> str:
    """Return where the visitor was going, if that is within this shop."""
    url = request.POST.get("next") or request.GET.get("next", "")
    own = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if own else ""
