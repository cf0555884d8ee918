"""Accounts over HTTP: registering, and one's own details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from monolith.customers import operations, queries
from monolith.customers.models import Customer

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from rest_framework.request import Request


class IsCustomer(BasePermission):
    """The caller signs in as a customer; staff without a customer number are none."""

    message = "Only customers can do this."

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Tell whether there is a customer behind the user."""
        return queries.find_customer_for_user(request.user) is not None


class AddressSerializer(serializers.Serializer[Any]):
    """An address as people write it."""

    recipient = serializers.CharField(max_length=120)
    line1 = serializers.CharField(max_length=120)
    line2 = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    city = serializers.CharField(max_length=80)
    postcode = serializers.CharField(max_length=20)
    country = serializers.CharField(max_length=80)


class CustomerSerializer(serializers.Serializer[Customer]):
    """A customer's own details."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField(allow_null=True)
    country = serializers.CharField(source="country.name")
    registered_at = serializers.DateTimeField()


class RegistrationSerializer(serializers.Serializer[Any]):
    """What it takes to open an account."""

    email = serializers.EmailField(max_length=150)
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)
    name = serializers.CharField(max_length=120)
    country = serializers.CharField(max_length=80)

    def validate_password(self, value: str) -> str:
        """Refuse passwords that are short or known to everybody."""
        validate_password(value)
        return value


class DetailsSerializer(serializers.Serializer[Any]):
    """What a customer may change; what is left out stays."""

    name = serializers.CharField(max_length=120, required=False)
    country = serializers.CharField(max_length=80, required=False)
    address = AddressSerializer(required=False)


class SignInSerializer(serializers.Serializer[Any]):
    """Who somebody says they are."""

    username = serializers.CharField(max_length=150, help_text="a customer's is their e-mail")
    password = serializers.CharField(max_length=128, write_only=True, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    """What to send as `Authorization: Token ...`."""

    token = serializers.CharField()


class Tokens(APIView):
    """Signing in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="get_token", request=SignInSerializer, responses={200: TokenSerializer}
    )
    def post(self, request: Request) -> Response:
        """Return the caller's token; it stays the same until somebody revokes it."""
        given = SignInSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = _find_user(request, **given.validated_data)
        if user is None:
            raise AuthenticationFailed("Nobody signs in with this name and password.")
        token, _ = Token.objects.get_or_create(user_id=user.pk)
        return Response(TokenSerializer({"token": token.key}).data)

    def get_authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Make a failure a 401."""
        return "Token"


class Customers(APIView):
    """Accounts."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="register_customer",
        request=RegistrationSerializer,
        responses={201: CustomerSerializer},
    )
    def post(self, request: Request) -> Response:
        """Open an account."""
        given = RegistrationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        customer = operations.register_customer(
            **given.validated_data, registered_at=timezone.now()
        )
        return Response(CustomerSerializer(customer).data, status=status.HTTP_201_CREATED)


class OwnAccount(APIView):
    """The caller's own account."""

    permission_classes = (IsAuthenticated, IsCustomer)

    @extend_schema(operation_id="get_own_account", responses=CustomerSerializer)
    def get(self, request: Request) -> Response:
        """Return the caller's details."""
        return Response(CustomerSerializer(own_customer(request)).data)

    @extend_schema(
        operation_id="change_own_account", request=DetailsSerializer, responses=CustomerSerializer
    )
    def patch(self, request: Request) -> Response:
        """Change the caller's details."""
        given = DetailsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        customer = operations.change_details(
            customer_id=own_customer(request).pk,
            **_changes(given.validated_data),
            changed_at=timezone.now(),
        )
        return Response(CustomerSerializer(customer).data)


def own_customer(request: Request) -> Customer:
    """Return the customer behind a request that `IsCustomer` let through."""
    customer = queries.find_customer_for_user(request.user)
    assert customer is not None  # noqa: S101
    return customer


def _find_user(request: Request, *, username: str, password: str) -> AbstractBaseUser | None:
    # Customers sign in with their e-mail, which is kept in lower case; staff have any name.
    name = username.strip()
    name = name.lower() if "@" in name else name
    return authenticate(request, username=name, password=password)


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    address = given.get("address")
    return {**given, "address": operations.AddressDetails(**address) if address else None}
