"""Who asks at an edge route, by what the authorizer said."""

from __future__ import annotations

import json

import pytest

from extracted_services.lambda_support.edge_callers import (
    AuthorizerMissing,
    TokenExpired,
    customer_of,
    renewal_problem,
)


def test_the_authorizer_s_word_is_taken_while_the_token_lasts():
    assert customer_of({"customer_id": "17850", "expires_at": 300}, now=299.9) == "17850"


@pytest.mark.parametrize(
    "caller", [{}, {"refusal": "token-expired"}, {"customer_id": "17850", "expires_at": 300}]
)
def test_nobody_asks_once_the_token_is_over(caller):
    with pytest.raises(TokenExpired):
        customer_of(caller, now=300)


def test_a_route_without_authorizer_knows_nobody():
    with pytest.raises(AuthorizerMissing):
        customer_of(None)


def test_a_client_is_told_to_get_another_token():
    answer = renewal_problem()

    assert answer["statusCode"] == 401
    assert answer["headers"]["www-authenticate"] == 'Bearer error="invalid_token"'
    assert json.loads(answer["body"])["type"] == "/problems/token-expired"
