"""What API Gateway asks before it lets a request through to an edge route. Wiring only."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from extracted_services.edge_authorizer import keys
from extracted_services.edge_authorizer.verification import Outcome, Verdict, verify
from extracted_services.lambda_support.observability import structured_logger, with_metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.logging import Logger

    from extracted_services.edge_authorizer.verification import FindKey

LOGGER = structured_logger("edge_authorizer")
_ROUTE = "GET /edge/"
_SCHEME = "bearer "


def on_authorize(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer an HTTP API's authorizer request (payload 2.0) with a simple response."""
    believed = os.environ["KEY_IDS"].split(",")
    return authorize(event, find_key=partial(keys.find_key, believed=believed), now=time.time())


def authorize(
    event: dict[str, Any], *, find_key: FindKey, now: float, logger: Logger = LOGGER
) -> dict[str, Any]:
    """Judge the token of a request; `now` is in seconds since 1970.

    The customer id is in the context only if the token holds. One that is merely over is let
    through without: the service has nobody to answer for, and tells the client to get another.
    """
    verdict = verify(_token_in(event), audience=_audience_of(event), now=now, find_key=find_key)
    logger.info("token judged", extra=_line(event, verdict))
    if verdict.outcome is Outcome.EXPIRED:
        return {"isAuthorized": True, "context": {"refusal": "token-expired"}}
    if verdict.outcome is not Outcome.GENUINE:
        return {"isAuthorized": False}
    context = {"customer_id": verdict.subject, "expires_at": verdict.expires_at}
    return {"isAuthorized": True, "context": context}


def _audience_of(event: dict[str, Any]) -> str:
    # The route's own name, out of the template: nothing that the caller wrote.
    return str(event["routeKey"]).removeprefix(_ROUTE)


def _token_in(event: dict[str, Any]) -> str:
    header = next(iter(event.get("identitySource") or ()), "")
    is_bearer = header[: len(_SCHEME)].lower() == _SCHEME
    return header[len(_SCHEME) :].strip() if is_bearer else ""


def _line(event: dict[str, Any], verdict: Verdict) -> dict[str, Any]:
    # Never the token, nor any part of it: who reads logs is not who may read orders.
    fields = {
        "route": event.get("routeKey"),
        "outcome": str(verdict.outcome),
        "key_id": verdict.key_id,
        "tokens": 1,
        "request_id": event.get("requestContext", {}).get("requestId"),
    }
    return with_metrics(fields, {"tokens": "Count"}, by=("service", "outcome"))
