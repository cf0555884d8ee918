"""Tokens with which a customer's own programs read a retired path from its service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from monolith.customers.api import IsCustomer, own_customer
from monolith.ordering.migration_paths.order_history import ORDER_HISTORY
from monolith.strangler import edge

if TYPE_CHECKING:
    from rest_framework.request import Request


class EdgeTokenRequestSerializer(serializers.Serializer[Any]):
    """What the caller wants to read."""

    path = serializers.CharField(max_length=80, default=ORDER_HISTORY, help_text="a read path")


class EdgeTokenSerializer(serializers.Serializer[edge.EdgeToken]):
    """A token for the caller alone."""

    token = serializers.CharField(help_text="send it as `Authorization: Bearer ...`")
    address = serializers.URLField(help_text="GET this; parameters as for `/orders/`")
    expires_at = serializers.DateTimeField()


class EdgeTokens(APIView):
    """Reading without the shop."""

    permission_classes = (IsAuthenticated, IsCustomer)

    @extend_schema(
        operation_id="get_edge_token",
        request=EdgeTokenRequestSerializer,
        responses={201: EdgeTokenSerializer},
    )
    def post(self, request: Request) -> Response:
        """Let the caller read what is theirs from the service; 409 says where to read instead."""
        given = EdgeTokenRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        token = edge.issue(
            given.validated_data["path"],
            subject=str(own_customer(request).pk),
            at=timezone.now(),
        )
        # Whoever has it is the customer: no cache on the way may keep it.
        return Response(
            EdgeTokenSerializer(token).data,
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store"},
        )
