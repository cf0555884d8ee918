"""Orders over HTTP; a customer sees only their own, staff see all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from event_contracts.order_history import (
    DEFAULT_PAGE_SIZE,
    LARGEST_PAGE_SIZE,
    ORDER_STATUSES,
    Cursor,
    OrderHistoryQuery,
)
from monolith.customers.api import AddressSerializer, IsCustomer, own_customer
from monolith.customers.queries import find_customer_for_user
from monolith.ordering import operations, queries
from monolith.ordering.api.idempotency import IDEMPOTENCY_KEY, idempotency_key
from monolith.ordering.migration_paths.order_detail import ORDER_DETAIL
from monolith.ordering.migration_paths.order_history import ORDER_HISTORY
from monolith.strangler import routing

if TYPE_CHECKING:
    from rest_framework.request import Request

ORDER_NUMBER = OpenApiParameter("order_number", str, OpenApiParameter.PATH)
READ_PATH = OpenApiParameter(
    "X-Read-Path",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description="Who answered, and why they: order_history=service; reason=stage",
)
# The old trade's largest order has 1,114 lines.
MOST_LINES = 2_000


class MayChangeOrders(BasePermission):
    """The caller belongs to the staff who handle orders."""

    message = "Only staff who handle orders can do this."

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002
        """Tell whether the user has what the admin asks for, too."""
        return request.user.is_staff and request.user.has_perm("ordering.change_order")


class OrderSummarySerializer(serializers.Serializer[Any]):
    """One row of the order history."""

    order_number = serializers.CharField()
    placed_at = serializers.DateTimeField()
    status = serializers.ChoiceField(ORDER_STATUSES)
    item_count = serializers.IntegerField()
    total_pence = serializers.IntegerField()
    returned_pence = serializers.IntegerField()


class OrderHistorySerializer(serializers.Serializer[Any]):
    """One page of the history; `next` is the `before` of the next page."""

    orders = OrderSummarySerializer(many=True)
    next = serializers.CharField(allow_null=True)


class OrderHistoryQuerySerializer(serializers.Serializer[Any]):
    """Which orders to list: newest first, from inclusive, until exclusive."""

    status = serializers.ChoiceField(ORDER_STATUSES, required=False)
    placed_from = serializers.DateTimeField(required=False)
    placed_until = serializers.DateTimeField(required=False)
    before = serializers.CharField(required=False)
    limit = serializers.IntegerField(
        required=False, default=DEFAULT_PAGE_SIZE, min_value=1, max_value=LARGEST_PAGE_SIZE
    )

    def validate_before(self, value: str) -> Cursor:
        """Read the cursor."""
        try:
            cursor = Cursor.parse(value)
            str(cursor)  # an instant at the end of time has no place in another time zone
        except (ValueError, OverflowError) as error:
            raise serializers.ValidationError(str(error)) from None
        return cursor


class OrderedItemSerializer(serializers.Serializer[Any]):
    """One line of an order."""

    stock_code = serializers.CharField()
    description = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price_pence = serializers.IntegerField()
    returned_quantity = serializers.IntegerField()
    refunded_pence = serializers.IntegerField()


class CreditNoteSerializer(serializers.Serializer[Any]):
    """One return."""

    number = serializers.CharField()
    issued_at = serializers.DateTimeField()
    item_count = serializers.IntegerField()
    refund_pence = serializers.IntegerField()


class OrderDetailSerializer(serializers.Serializer[Any]):
    """One order with all about it."""

    order_number = serializers.CharField()
    status = serializers.ChoiceField(ORDER_STATUSES)
    placed_at = serializers.DateTimeField()
    country = serializers.CharField()
    recipient = serializers.CharField()
    address = serializers.ListField(child=serializers.CharField())
    cancel_reason = serializers.CharField()
    item_count = serializers.IntegerField()
    total_pence = serializers.IntegerField()
    returned_pence = serializers.IntegerField()
    lines = OrderedItemSerializer(many=True)
    credit_notes = CreditNoteSerializer(many=True)


class WantedLineSerializer(serializers.Serializer[Any]):
    """So many pieces of a product."""

    stock_code = serializers.CharField(max_length=32)
    quantity = serializers.IntegerField(min_value=1)


class NewOrderSerializer(serializers.Serializer[Any]):
    """An order to place."""

    lines = serializers.ListField(child=WantedLineSerializer(), max_length=MOST_LINES)
    delivery = AddressSerializer()


class CancellationSerializer(serializers.Serializer[Any]):
    """Why an order is called off."""

    reason = serializers.CharField(max_length=200)


class ReturnSerializer(serializers.Serializer[Any]):
    """What comes back."""

    lines = serializers.ListField(child=WantedLineSerializer(), max_length=MOST_LINES)


class Orders(APIView):
    """The caller's orders."""

    permission_classes = (IsAuthenticated, IsCustomer)

    @extend_schema(
        operation_id="list_orders",
        parameters=[OrderHistoryQuerySerializer, READ_PATH],
        responses=OrderHistorySerializer,
    )
    def get(self, request: Request) -> Response:
        """List the caller's orders, whoever answers: monolith or service."""
        wanted = OrderHistoryQuerySerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        query = OrderHistoryQuery(customer_id=own_customer(request).pk, **wanted.validated_data)
        page = routing.answer(ORDER_HISTORY, query).value
        return Response(OrderHistorySerializer(page).data)

    @extend_schema(
        operation_id="place_order",
        parameters=[IDEMPOTENCY_KEY],
        request=NewOrderSerializer,
        responses={201: OrderDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Place an order at today's prices."""
        given = NewOrderSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        order = operations.place_order(
            lines=[operations.LineRequest(**line) for line in given.validated_data["lines"]],
            customer_id=own_customer(request).pk,
            delivery=operations.DeliveryDetails(**given.validated_data["delivery"]),
            placed_at=timezone.now(),
            idempotency_key=idempotency_key(request),
        )
        return order_detail(order.number, status.HTTP_201_CREATED)


@extend_schema(parameters=[ORDER_NUMBER])
class Order(APIView):
    """One order."""

    @extend_schema(
        operation_id="get_order", parameters=[READ_PATH], responses=OrderDetailSerializer
    )
    def get(self, request: Request, order_number: str) -> Response:
        """Return one order, whoever answers: monolith or service."""
        delivery = _visible_delivery(request, order_number)
        answered = routing.answer(ORDER_DETAIL, delivery.question)
        order = queries.whole_order(answered.value.order, delivery)
        return Response(OrderDetailSerializer(order).data)


@extend_schema(parameters=[ORDER_NUMBER])
class OrderCancellation(APIView):
    """Calling an order off."""

    @extend_schema(
        operation_id="cancel_order",
        request=CancellationSerializer,
        responses=OrderDetailSerializer,
    )
    def post(self, request: Request, order_number: str) -> Response:
        """Cancel an order that has not left."""
        _check_may("ordering.change_order", request, order_number)
        given = CancellationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        operations.cancel_order(
            order_number=order_number, cancelled_at=timezone.now(), **given.validated_data
        )
        return order_detail(order_number)


@extend_schema(parameters=[ORDER_NUMBER])
class OrderDispatch(APIView):
    """Sending an order off."""

    permission_classes = (MayChangeOrders,)

    @extend_schema(operation_id="dispatch_order", request=None, responses=OrderDetailSerializer)
    def post(self, request: Request, order_number: str) -> Response:  # noqa: ARG002
        """Note that the parcel left. Staff only."""
        operations.dispatch_order(order_number=order_number, dispatched_at=timezone.now())
        return order_detail(order_number)


@extend_schema(parameters=[ORDER_NUMBER, IDEMPOTENCY_KEY])
class OrderReturns(APIView):
    """Goods that come back."""

    @extend_schema(
        operation_id="return_items",
        request=ReturnSerializer,
        responses={201: OrderDetailSerializer},
    )
    def post(self, request: Request, order_number: str) -> Response:
        """Return goods of a dispatched order."""
        _check_may("ordering.change_order", request, order_number)
        given = ReturnSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        operations.return_items(
            order_number=order_number,
            lines=[operations.ReturnRequest(**line) for line in given.validated_data["lines"]],
            returned_at=timezone.now(),
            idempotency_key=idempotency_key(request),
        )
        return order_detail(order_number, status.HTTP_201_CREATED)


def _check_may(permission: str, request: Request, order_number: str) -> None:
    """Somebody else's order does not exist, as far as anybody but permitted staff can tell."""
    if not _is_staff_who_may(permission, request):
        _own_delivery(request, order_number)


def _visible_delivery(request: Request, order_number: str) -> queries.Delivery:
    if _is_staff_who_may("ordering.view_order", request):
        return queries.get_delivery(order_number)
    return _own_delivery(request, order_number)


def _own_delivery(request: Request, order_number: str) -> queries.Delivery:
    customer = find_customer_for_user(request.user)
    delivery = queries.get_delivery(order_number)
    if customer is None or delivery.customer_id != customer.pk:
        raise queries.OrderNotFound(order_number)
    return delivery


def _is_staff_who_may(permission: str, request: Request) -> bool:
    return bool(request.user.is_staff and request.user.has_perm(permission))


def order_detail(order_number: str, status_code: int = status.HTTP_200_OK) -> Response:
    order = queries.get_order(order_number)
    return Response(OrderDetailSerializer(order).data, status=status_code)
