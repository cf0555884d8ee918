"""Forms of ordering: filling a basket, checking out, and what becomes of an order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from event_contracts.order_history import ORDER_STATUSES, Cursor, OrderHistoryQuery
from monolith.customers.queries import list_countries
from monolith.ordering.operations import DeliveryDetails, ReturnRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monolith.ordering.queries import OrderDetail, OrderedItem

# A refusal of the form's, so that numbers no database column holds never reach an operation.
_MOST_PIECES = 1_000_000
_ADDRESS = ("recipient", "line1", "line2", "city", "postcode", "country")


def _text(autocomplete: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": autocomplete})


def _country_choices() -> list[tuple[str, str]]:
    return [("", "Choose a country"), *((row.name, row.name) for row in list_countries())]


def _new_key() -> str:
    return uuid4().hex


def _key_field() -> forms.CharField:
    return forms.CharField(max_length=100, initial=_new_key, widget=forms.HiddenInput)


class AddToBasketForm(forms.Form):
    """So many pieces of a product."""

    stock_code = forms.CharField(max_length=32)
    quantity = forms.IntegerField(min_value=1, max_value=_MOST_PIECES)


class QuantityForm(forms.Form):
    """How many pieces a basket shall hold; 0 takes the product out."""

    quantity = forms.IntegerField(min_value=0, max_value=_MOST_PIECES)


class CheckOutForm(forms.Form):
    """Where the parcel goes, and one key for all submissions of one form."""

    recipient = forms.CharField(max_length=120, widget=_text("name"))
    line1 = forms.CharField(label="Address", max_length=120, widget=_text("address-line1"))
    line2 = forms.CharField(
        label="Second line, if any", max_length=120, required=False, widget=_text("address-line2")
    )
    city = forms.CharField(label="Town or city", max_length=80, widget=_text("address-level2"))
    postcode = forms.CharField(max_length=20, widget=_text("postal-code"))
    country = forms.ChoiceField(
        choices=_country_choices, widget=forms.Select(attrs={"autocomplete": "country-name"})
    )
    idempotency_key = _key_field()

    def delivery(self) -> DeliveryDetails:
        """Return the address given."""
        return DeliveryDetails(**{name: self.cleaned_data[name] for name in _ADDRESS})

    def renew_key(self) -> None:
        """Make the next submission a request of its own."""
        self.data = {**self.data, "idempotency_key": _new_key()}


class GuestCheckOutForm(CheckOutForm):
    """A check-out by somebody who has not signed in."""

    guest_email = forms.EmailField(
        label="E-mail", max_length=150, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class CancelForm(forms.Form):
    """Why an order is called off, if the customer cares to say."""

    reason = forms.CharField(
        label="Why, if you like to say", max_length=200, required=False, widget=_text("off")
    )


class ReturnForm(forms.Form):
    """How many pieces of each line come back: one field per line that still can."""

    idempotency_key = _key_field()

    def __init__(self, order: OrderDetail, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = {f"line-{line.position}": line for line in _returnable(order)}
        for name, line in self._lines.items():
            self.fields[name] = _returned_field(line)

    @property
    def is_possible(self) -> bool:
        """Whether anything of the order can come back."""
        return bool(self._lines)

    def requests(self) -> list[ReturnRequest]:
        """Return what comes back."""
        return [
            ReturnRequest(stock_code=line.stock_code, quantity=self.cleaned_data[name])
            for name, line in self._lines.items()
            if self.cleaned_data.get(name)
        ]

    def field_of(self, stock_code: str) -> str | None:
        """Name the field of a product, None if the form does not ask for it."""
        return next(
            (name for name, line in self._lines.items() if line.stock_code == stock_code), None
        )


def _returnable(order: OrderDetail) -> Iterator[OrderedItem]:
    return (line for line in order.lines if line.returned_quantity < line.quantity)


def _returned_field(line: OrderedItem) -> forms.IntegerField:
    left = line.quantity - line.returned_quantity
    return forms.IntegerField(
        label=f"{line.description}, up to {left}",
        min_value=0,
        max_value=left,
        required=False,
        initial=0,
        error_messages={"max_value": f"At most {left} can come back."},
    )


class OrdersForm(forms.Form):
    """Which of their orders a customer wants to see. Dates are days of the shop, both included."""

    status = forms.ChoiceField(
        required=False,
        choices=[("", "All"), *((status, status.title()) for status in ORDER_STATUSES)],
    )
    placed_from = forms.DateField(label="From", required=False)
    placed_until = forms.DateField(label="Until", required=False)
    before = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("placed_from", "placed_until"):
            field = self.fields[name]
            field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            # Years that neither a time zone nor a database chokes on.
            field.validators += [
                MinValueValidator(date(1970, 1, 1)),
                MaxValueValidator(date(2199, 12, 31)),
            ]

    def clean_before(self) -> Cursor | None:
        """Read the cursor."""
        text = self.cleaned_data["before"]
        try:
            cursor = Cursor.parse(text) if text else None
            str(cursor)
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError("This page does not exist.") from error
        return cursor

    def query(self, customer_id: int) -> OrderHistoryQuery:
        """Return the question, without what made no sense: the form says so beside it."""
        self.is_valid()
        asked = self.cleaned_data
        placed_from, placed_until = asked.get("placed_from"), asked.get("placed_until")
        return OrderHistoryQuery(
            customer_id=customer_id,
            status=asked.get("status") or None,
            placed_from=placed_from and _midnight(placed_from),
            placed_until=placed_until and _midnight(placed_until + timedelta(days=1)),
            before=asked.get("before"),
        )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
