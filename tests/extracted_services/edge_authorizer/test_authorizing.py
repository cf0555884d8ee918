"""Who is let through to an edge route, and what of them is told and logged."""

from __future__ import annotations

import json

import pytest

from event_contracts.edge_tokens import EdgeClaims, to_be_signed, with_signature
from extracted_services.edge_authorizer.handlers import authorize
from tests.extracted_services.edge_authorizer.signing import (
    NOW,
    Signer,
    an_rsa_key,
    request_with,
)
from tests.extracted_services.log_lines import LogLines

SIGNER = Signer()
REFUSED = {"isAuthorized": False}


@pytest.fixture
def lines():
    return LogLines()


@pytest.fixture
def judge(lines):
    def judge_request(event, *, now=NOW):
        return authorize(event, find_key=SIGNER.find_key, now=now, logger=lines.logger)

    return judge_request


def test_a_token_lets_its_customer_through(judge):
    answer = judge(request_with(SIGNER.token()))

    assert answer == {
        "isAuthorized": True,
        "context": {"customer_id": "17850", "expires_at": NOW + 300},
    }


def test_the_scheme_is_spelt_in_any_case(judge):
    assert judge(request_with(SIGNER.token(), scheme="bearer"))["isAuthorized"]


def _tampered(token):
    header, _, signature = token.split(".")
    claims = EdgeClaims(aud="order_history", sub="17851", iat=NOW, exp=NOW + 300)
    return f"{header}.{to_be_signed(claims, key_id='key-1').split('.')[1]}.{signature}"


STRANGER = Signer(key=an_rsa_key(number=2))
REFUSALS = {
    "malformed": "not-a-token",
    "unknown-key": Signer(key_id="key-2").token(),
    "wrong-signature": STRANGER.token(),
    "wrong-issuer": SIGNER.token(iss="somebody"),
    "wrong-audience": SIGNER.token(aud="catalogue_search"),
    "wrong-life": SIGNER.token(exp=NOW + 3_601),
    "not-yet-valid": SIGNER.token(iat=NOW + 31, exp=NOW + 300),
}


@pytest.mark.parametrize(("outcome", "token"), REFUSALS.items(), ids=REFUSALS)
def test_whatever_is_wrong_is_refused_and_only_the_log_says_why(judge, lines, outcome, token):
    assert judge(request_with(token)) == REFUSED

    (line,) = lines.read()
    assert line["outcome"] == outcome


def test_another_customer_s_id_in_a_token_spoils_its_signature(judge, lines):
    assert judge(request_with(_tampered(SIGNER.token()))) == REFUSED
    assert lines.read()[0]["outcome"] == "wrong-signature"


def test_a_token_without_signature_is_refused(judge):
    signed = to_be_signed(
        EdgeClaims(aud="order_history", sub="17850", iat=NOW, exp=NOW + 300), key_id="key-1"
    )

    assert judge(request_with(with_signature(signed, b""))) == REFUSED


@pytest.mark.parametrize("claims", [{"sub": ""}, {"exp": NOW}, {"exp": NOW - 1}])
def test_a_token_for_nobody_or_for_no_time_is_refused(judge, claims):
    assert judge(request_with(SIGNER.token(**claims)), now=NOW - 10) == REFUSED


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_another_scheme_is_refused(judge, scheme):
    assert judge(request_with(SIGNER.token(), scheme=scheme)) == REFUSED


def test_a_token_of_one_route_opens_no_other(judge):
    assert judge(request_with(SIGNER.token(), route="GET /edge/customer_summary")) == REFUSED


def test_a_token_that_is_over_names_nobody(judge):
    token = SIGNER.token()

    assert judge(request_with(token), now=NOW + 299)["context"]["customer_id"] == "17850"
    assert judge(request_with(token), now=NOW + 300) == {
        "isAuthorized": True,
        "context": {"refusal": "token-expired"},
    }


def test_clocks_may_differ_by_half_a_minute(judge):
    token = SIGNER.token(iat=NOW + 30, exp=NOW + 330)

    assert judge(request_with(token)) != REFUSED
    assert judge(request_with(token), now=NOW - 1) == REFUSED


def test_a_request_without_a_header_is_refused(judge):
    event = request_with(None)
    event["identitySource"] = None

    assert judge(event) == REFUSED


def test_the_log_holds_neither_a_token_nor_a_part_of_it(judge, lines):
    for token in [SIGNER.token(), *REFUSALS.values()]:
        judge(request_with(token))

    logged = json.dumps(lines.read())
    parts = [part for token in REFUSALS.values() for part in token.split(".") if len(part) > 12]
    assert not [part for part in [*parts, "17850"] if part in logged]


def test_the_line_counts_tokens_by_outcome(judge, lines):
    judge(request_with(SIGNER.token()))

    (line,) = lines.read()
    assert (line["outcome"], line["key_id"], line["tokens"]) == ("genuine", "key-1", 1)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "outcome"]]
