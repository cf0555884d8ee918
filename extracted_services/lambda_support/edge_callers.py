"""Who asks at an edge route: whom the token names, never whom the address does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from extracted_services.lambda_support.responding import Response, problem

if TYPE_CHECKING:
    from collections.abc import Mapping


class TokenExpired(Exception):
    """The token was genuine, and is over."""


class AuthorizerMissing(Exception):
    """An edge route was deployed without an authorizer: nobody may be answered there."""


def customer_of(caller: Mapping[str, Any] | None, *, now: float | None = None) -> str:
    """Return the id of the customer who asks. `now` is in seconds since 1970; left out, it is now.

    Looked at again here because API Gateway keeps what the authorizer said for a while.

    Raises:
        TokenExpired: the token is over, or the authorizer named nobody.
        AuthorizerMissing: no authorizer was asked.
    """
    if caller is None:
        raise AuthorizerMissing
    instant = time.time() if now is None else now
    customer_id = caller.get("customer_id")
    if not customer_id or int(caller["expires_at"]) <= instant:
        raise TokenExpired
    return str(customer_id)


def renewal_problem() -> Response:
    """Answer 401 with the problem that tells a client to get itself another token."""
    refusal = problem(
        401, "token-expired", "Token expired", detail="Get another token and ask again."
    )
    refusal["headers"]["www-authenticate"] = 'Bearer error="invalid_token"'
    return refusal
