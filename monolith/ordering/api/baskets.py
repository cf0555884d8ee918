"""Baskets over HTTP: whoever holds the token holds the basket, signed in or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from monolith.customers.api import AddressSerializer
from monolith.customers.queries import find_customer_for_user
from monolith.ordering import operations, queries
from monolith.ordering.api.idempotency import IDEMPOTENCY_KEY, idempotency_key
from monolith.ordering.api.orders import OrderDetailSerializer, WantedLineSerializer, order_detail

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TOKEN = OpenApiParameter(
    "token",
    OpenApiTypes.UUID,
    OpenApiParameter.PATH,
    description="A random UUID of the client's choice. Whoever knows it has the basket.",
)


class BasketItemSerializer(serializers.Serializer[Any]):
    """One line of a basket at today's price."""

    stock_code = serializers.CharField()
    description = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price_pence = serializers.IntegerField()
    in_stock = serializers.IntegerField()


class BasketSerializer(serializers.Serializer[Any]):
    """A basket."""

    token = serializers.UUIDField()
    items = BasketItemSerializer(many=True)
    item_count = serializers.IntegerField()
    total_pence = serializers.IntegerField()
    is_available = serializers.BooleanField(help_text="whether all of it could be ordered now")


class QuantitySerializer(serializers.Serializer[Any]):
    """How many pieces; 0 takes the product out."""

    quantity = serializers.IntegerField(min_value=0)


class CheckOutSerializer(serializers.Serializer[Any]):
    """Where the parcel goes; a guest leaves an e-mail."""

    delivery = AddressSerializer()
    guest_email = serializers.EmailField(max_length=150, required=False, default="")


@extend_schema(parameters=[TOKEN])
class Basket(APIView):
    """One basket."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="get_basket", responses=BasketSerializer)
    def get(self, request: Request, token: UUID) -> Response:  # noqa: ARG002
        """Return a basket; one that nobody used yet is empty."""
        return _basket(token)

    @extend_schema(
        operation_id="add_to_basket", request=WantedLineSerializer, responses=BasketSerializer
    )
    def post(self, request: Request, token: UUID) -> Response:
        """Add pieces of a product."""
        given = WantedLineSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        operations.add_to_basket(
            basket_token=token,
            customer_id=_customer_id(request),
            **given.validated_data,
            added_at=timezone.now(),
        )
        return _basket(token)


@extend_schema(parameters=[TOKEN, OpenApiParameter("stock_code", str, OpenApiParameter.PATH)])
class BasketLine(APIView):
    """One product in a basket."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="set_basket_quantity", request=QuantitySerializer, responses=BasketSerializer
    )
    def put(self, request: Request, token: UUID, stock_code: str) -> Response:
        """Set how many pieces are in the basket."""
        given = QuantitySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        operations.set_basket_quantity(
            basket_token=token,
            stock_code=stock_code,
            **given.validated_data,
            changed_at=timezone.now(),
        )
        return _basket(token)


@extend_schema(parameters=[TOKEN, IDEMPOTENCY_KEY])
class CheckOut(APIView):
    """Ordering what is in a basket."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="check_out",
        request=CheckOutSerializer,
        responses={201: OrderDetailSerializer},
    )
    def post(self, request: Request, token: UUID) -> Response:
        """Order all of it and empty the basket."""
        given = CheckOutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        order = operations.check_out(
            basket_token=token,
            customer_id=_customer_id(request),
            delivery=operations.DeliveryDetails(**given.validated_data["delivery"]),
            placed_at=timezone.now(),
            idempotency_key=f"{idempotency_key(request)}:{token}",
            guest_email=given.validated_data["guest_email"],
        )
        return order_detail(order.number, status.HTTP_201_CREATED)


def _basket(token: UUID) -> Response:
    return Response(BasketSerializer(queries.get_basket(token)).data)


def _customer_id(request: Request) -> int | None:
    customer = find_customer_for_user(request.user)
    return customer.pk if customer else None
