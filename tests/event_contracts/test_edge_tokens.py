"""The text of a token: written by the monolith, taken apart by the authorizer."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.edge_tokens import (
    EdgeClaims,
    MalformedToken,
    take_apart,
    to_be_signed,
    with_signature,
)

CLAIMS = EdgeClaims(aud="order_history", sub="17850", iat=1_000, exp=1_300)
SIGNED = to_be_signed(CLAIMS, key_id="key-1")


def part(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_a_token_is_a_json_web_token_of_rfc_7519():
    header, claims, signature = with_signature(SIGNED, b"\x00\xff").split(".")

    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {
        "kid": "key-1",
        "alg": "RS256",
        "typ": "JWT",
    }
    assert json.loads(base64.urlsafe_b64decode(claims + "==")) == {
        "iss": "banyan",
        "aud": "order_history",
        "sub": "17850",
        "iat": 1_000,
        "exp": 1_300,
    }
    assert signature == "AP8"


@given(signature=st.binary(min_size=1, max_size=512), key_id=st.text("abc-123", min_size=1))
def test_what_was_written_is_read_back(signature, key_id):
    token = take_apart(with_signature(to_be_signed(CLAIMS, key_id=key_id), signature))

    assert token.claims == CLAIMS
    assert token.header.kid == key_id
    assert token.signed.decode() == to_be_signed(CLAIMS, key_id=key_id)
    assert token.signature == signature


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d",
        f"{SIGNED}.=",
        f"{SIGNED}.A",
        f"{SIGNED}.AB",  # bits behind the last byte: another text for the same signature
        f"{SIGNED}.AA\n",
        f"{SIGNED}.é",
        f" {SIGNED}.AA",
        f"{SIGNED}.{'A' * 2_048}",
        f"{part([])}.{part({})}.AA",
        f"{part({'kid': 'k', 'alg': 'none'})}.{SIGNED.partition('.')[2]}.AA",
        f"{part({'kid': 'k', 'alg': 'HS256'})}.{SIGNED.partition('.')[2]}.AA",
        f"{part({'alg': 'RS256'})}.{SIGNED.partition('.')[2]}.AA",
        f"{SIGNED.partition('.')[0]}.{part({'aud': 'a', 'sub': 7, 'iat': 1, 'exp': 2})}.AA",
        f"{SIGNED.partition('.')[0]}.{part({'aud': 'a', 'sub': '7', 'iat': 1})}.AA",
        f"{SIGNED.partition('.')[0]}.{part({'aud': 'a', 'sub': '7', 'iat': 1, 'exp': 2.5})}.AA",
        f"{'A' * 4}.{'A' * 4}.AA",
    ],
)
def test_other_texts_are_refused_and_nothing_of_them_is_told(token):
    with pytest.raises(MalformedToken) as refusal:
        take_apart(token)

    assert not token.strip() or token not in str(refusal.value)
    assert refusal.value.__cause__ is None


@given(token=st.text(max_size=300))
def test_no_text_at_all_does_more_harm_than_be_refused(token):
    with pytest.raises(MalformedToken):
        take_apart(token)
