"""The client's key that makes a repeated command act only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

if TYPE_CHECKING:
    from rest_framework.request import Request

# The column holds 100 characters: room for the prefix and a basket's token.
LONGEST_KEY = 45
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="A key of the client's choice: the same request with the same key acts only once.",
)


def idempotency_key(request: Request) -> str:
    """Return the caller's key; two callers who choose the same one do not meet.

    Raises:
        ValidationError: the header is missing or too long.
    """
    key = str(request.headers.get("Idempotency-Key", ""))
    if not 0 < len(key) <= LONGEST_KEY:
        raise serializers.ValidationError(
            {"Idempotency-Key": [f"a header of 1 to {LONGEST_KEY} characters"]}
        )
    return f"api:{request.user.pk or 'guest'}:{key}"
