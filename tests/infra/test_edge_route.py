"""The edge route as it is deployed: real gateway, real authorizer, keys made by the deployment."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import urllib3

from event_contracts.edge_tokens import EdgeClaims, to_be_signed, with_signature
from infra.local.deploy import LocalAws, deploy
from tests.conformance.local_platform import REGION, LocalPlatform

pytestmark = pytest.mark.platform
SHOP = "http://127.0.0.1:8123"
PREFLIGHT = {"Access-Control-Request-Method": "GET"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    platform = LocalPlatform(tmp_path_factory.mktemp("edge"))
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture(scope="module")
def deployed(platform):
    return deploy(LocalAws(platform.endpoint, region=REGION), shop_origin=SHOP)


@pytest.fixture(scope="module")
def ask(deployed):
    with urllib3.PoolManager(retries=False, timeout=60) as pool:

        def ask_edge(token=None, method="GET", **headers):
            bearer = {"Authorization": f"Bearer {token}"} if token else {}
            return pool.request(
                method, deployed["edges"]["order_history"], headers=bearer | headers
            )

        yield ask_edge


@pytest.fixture
def token(platform, deployed):
    def make_token(key_id="", **claims):
        now = int(time.time())
        usual: dict[str, Any] = {
            "aud": "order_history",
            "sub": "17850",
            "iat": now,
            "exp": now + 300,
        }
        signing = deployed["keys"]["edge_signing"]
        signed = to_be_signed(EdgeClaims(**(usual | claims)), key_id=key_id or signing)
        signature = platform.client("kms").sign(
            KeyId=key_id or signing,
            Message=signed.encode(),
            SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
        )["Signature"]
        return with_signature(signed, signature)

    return make_token


def test_a_token_reaches_the_service_in_its_customer_s_name(ask, token):
    answer = ask(token(sub="4711"))

    problem = json.loads(answer.data)
    assert (answer.status, problem["type"]) == (404, "/problems/history-not-complete")
    assert "customer 4711:" in problem["detail"]


def test_without_a_token_nothing_is_even_asked(ask):
    assert ask().status == 401


def test_a_token_that_is_over_is_told_apart(ask, token):
    answer = ask(token(iat=int(time.time()) - 600, exp=int(time.time()) - 1))

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert json.loads(answer.data)["type"] == "/problems/token-expired"


def test_what_is_not_ours_is_forbidden(ask, token, platform):
    made = platform.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")

    assert ask(token(aud="customer_summary")).status == 403
    assert ask(token(key_id=made["KeyMetadata"]["KeyId"])).status == 403
    assert ask(token()[:-8] + "AAAAAAAA").status == 403
    assert ask("nonsense").status == 403


def test_a_token_opens_no_signed_route(deployed, token):
    url = f"{deployed['services']['order_history']}/customers/17850/orders"

    with urllib3.PoolManager(retries=False, timeout=60) as pool:
        answer = pool.request("GET", url, headers={"Authorization": f"Bearer {token()}"})

    assert answer.status == 403


def test_pages_of_the_shop_may_read_and_no_others(ask, token):
    theirs = ask(method="OPTIONS", Origin="https://elsewhere.example", **PREFLIGHT)
    ours = ask(method="OPTIONS", Origin=SHOP, **PREFLIGHT)
    answer = ask(token(), Origin=SHOP)
    refusal = ask("nonsense", Origin=SHOP)

    assert "Access-Control-Allow-Origin" not in theirs.headers
    assert ours.status == 204
    assert ours.headers["Access-Control-Allow-Headers"] == "authorization"
    assert ours.headers["Access-Control-Allow-Methods"] == "GET"
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert (refusal.status, refusal.headers["Access-Control-Allow-Origin"]) == (403, SHOP)


def test_no_log_of_the_platform_holds_a_token(ask, token, platform):
    made = token()

    ask(made)

    logs = platform.log("aws") + platform.log("host")
    assert not [part for part in made.split(".")[1:] if part in logs]
