"""Every refusal of the API as RFC 9457 problem details: what went wrong, in the domain's words."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from monolith.catalogue import operations as catalogue
from monolith.catalogue.queries import ProductNotFound
from monolith.customers import operations as customers
from monolith.ordering import operations as ordering
from monolith.strangler.edge import NotAtTheEdge, SigningUnavailable
from monolith.strangler.registry import PathNotDeclared
from monolith.strangler.routing import AnswerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_NOT_FOUND = (
    ProductNotFound,
    customers.CustomerNotFound,
    ordering.OrderNotFound,
    PathNotDeclared,
)
_CONFLICT = (
    NotAtTheEdge,
    catalogue.OutOfStock,
    catalogue.PriceUnchanged,
    catalogue.ProductAlreadyListed,
    catalogue.StockWouldBeNegative,
    customers.CustomerHasAccount,
    customers.CustomerNumberTaken,
    customers.EmailAlreadyRegistered,
    ordering.IdempotencyKeyReused,
    ordering.OrderAlreadyCancelled,
    ordering.OrderAlreadyDispatched,
    ordering.OrderNotDispatched,
    ordering.ReturnExceedsOrder,
)
_UNPROCESSABLE = (
    catalogue.InvalidPrice,
    catalogue.InvalidStockCode,
    customers.UnknownCountry,
    ordering.BasketEmpty,
    ordering.EmptyOrder,
    ordering.EmptyReturn,
    ordering.InvalidQuantity,
    ordering.ProductNotInBasket,
)
STATUS_OF: dict[type[Exception], HTTPStatus] = {
    **dict.fromkeys(_NOT_FOUND, HTTPStatus.NOT_FOUND),
    **dict.fromkeys(_CONFLICT, HTTPStatus.CONFLICT),
    **dict.fromkeys(_UNPROCESSABLE, HTTPStatus.UNPROCESSABLE_ENTITY),
    AnswerUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    SigningUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def answer_problem(error: Exception, context: dict[str, Any]) -> Response:
    """Answer an exception of a view; what is not meant for clients is logged and not told."""
    status = STATUS_OF.get(type(error))
    if status is not None:
        # What the error knows beside its words, such as the product, helps a program to react.
        return _problem(status, title=title_of(type(error)), detail=str(error), **vars(error))
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return _internal_error(error, context)
    return _api_problem(error, response)


def title_of(error: type[Exception]) -> str:
    """Return a class as people write it: `OutOfStock` is `Out of stock`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", error.__name__).capitalize()


def type_of(title: str) -> str:
    """Return the problem type that goes with a title."""
    return f"/problems/{title.lower().replace(' ', '-')}"


def _api_problem(error: exceptions.APIException, response: Response) -> Response:
    status = HTTPStatus(response.status_code)
    if isinstance(error, exceptions.ValidationError):
        errors = [
            {"field": field, "detail": detail} for field, detail in _invalid_fields(error.detail)
        ]
        return _problem(status, title="Invalid input", detail=_summary(errors), errors=errors)
    problem = _problem(status, title=status.phrase, detail=str(error.detail))
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in response:
            problem[header] = response[header]
    return problem


def _invalid_fields(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Walk through what a serializer found; yield each field, as `lines.0.quantity`, and why."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            own = "" if key == "non_field_errors" else str(key)
            yield from _invalid_fields(inner, ".".join(filter(None, (path, own))))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_word = isinstance(inner, str)
            yield from _invalid_fields(inner, path if is_word else f"{path}.{index}".lstrip("."))
    else:
        yield path, str(detail)


def _summary(errors: list[dict[str, str]]) -> str:
    names = sorted({error["field"] for error in errors if error["field"]})
    return f"Not acceptable: {', '.join(names)}." if names else errors[0]["detail"]


def _internal_error(error: Exception, context: dict[str, Any]) -> Response:
    logger.error("api_failed", exc_info=error)
    got_request_exception.send(sender=None, request=context["request"])
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "Something went wrong on our side; the log has it under the X-Request-Id."
    return _problem(status, title=status.phrase, detail=detail)


def _problem(status: HTTPStatus, *, title: str, detail: str, **more: Any) -> Response:
    problem = {"type": type_of(title), "title": title, "status": int(status), "detail": detail}
    return Response({**more, **problem}, status=status, content_type=CONTENT_TYPE)
