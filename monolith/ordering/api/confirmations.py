"""What the service that confirms orders asks; for services, never for customers or staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.crypto import constant_time_compare
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from event_contracts.plain_values import to_plain
from monolith.ordering import queries

if TYPE_CHECKING:
    from rest_framework.request import Request

_SCHEME = b"bearer"


class Service:
    """A program of ours that asks; no user, and with no rights but those of this view."""

    is_authenticated = True


class ServiceTokens(BaseAuthentication):
    """A bearer token out of SERVICE_TOKENS; where none is set, nobody is let in."""

    def authenticate(self, request: Request) -> tuple[Service, None] | None:
        """Tell whether a service asks; None if no token was sent at all.

        Raises:
            AuthenticationFailed: the token is none of ours.
        """
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != _SCHEME:
            return None
        # Every one is compared: how long it takes tells nothing.
        known = [constant_time_compare(token, each) for each in settings.SERVICE_TOKENS]
        if not any(known):
            raise AuthenticationFailed("No service has this token.")
        return Service(), None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Make a refusal a 401."""
        return "Bearer"


class OrderToConfirm(APIView):
    """The call-back of the event `ordering.order_announced.v1`, which carries its address."""

    authentication_classes = (ServiceTokens,)
    permission_classes = (IsAuthenticated,)
    # Limits are for strangers, who get no further than the token; a service asks per order.
    throttle_classes = ()

    # The document is for customers' programs: event_contracts/order_confirmation.py describes it.
    @extend_schema(exclude=True)
    def get(self, request: Request, order_number: str) -> Response:  # noqa: ARG002
        """Return what a letter about an order needs."""
        return Response(
            to_plain(queries.get_order_to_confirm(order_number)),
            # It names a person: no cache on the way may keep it.
            headers={"Cache-Control": "no-store"},
        )
