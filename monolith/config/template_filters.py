"""What every template may use without loading it: money and shares in words, the basket's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from monolith.ordering.queries import get_basket
from monolith.ordering.views.visitors import find_basket_token
from monolith.staff.wording import percent

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()
register.filter(percent)


@register.filter
def pounds(pence: int) -> str:
    """Write an amount in pence as pounds: 123456 is £1,234.56."""
    sign = "\N{MINUS SIGN}" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02d}"


@register.simple_tag(takes_context=True)
def basket_size(context: Context) -> int:
    """Return how many pieces are in the visitor's basket; without a request there is no basket."""
    request = context.get("request")
    token = find_basket_token(request) if request else None
    return get_basket(token).item_count if token else 0
