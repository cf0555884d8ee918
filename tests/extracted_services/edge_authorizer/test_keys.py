"""Keys out of KMS, as local AWS plays it: they sign there, and are only believed here."""

from __future__ import annotations

import time

import boto3
import pytest

from extracted_services.edge_authorizer import handlers, keys
from tests.extracted_services.edge_authorizer.signing import Signer, request_with

pytestmark = pytest.mark.platform


@pytest.fixture
def kms(aws_environment):
    client = boto3.client("kms")
    yield client
    client.close()
    keys.forget()


@pytest.fixture
def make_signer(kms):
    def signer() -> Signer:
        made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
        return KmsSigner(kms, made["KeyMetadata"]["KeyId"])

    return signer


class KmsSigner(Signer):
    """Signs as the monolith does."""

    def __init__(self, kms, key_id) -> None:
        super().__init__(key_id=key_id)
        self._kms = kms

    def sign(self, message: bytes) -> bytes:
        answer = self._kms.sign(
            KeyId=self.key_id, Message=message, SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256"
        )
        return bytes(answer["Signature"])


@pytest.fixture
def judge(monkeypatch):
    def judge_as_deployed(signer, *believed, **claims):
        now = int(time.time())
        claims = {"iat": now, "exp": now + 300, **claims}
        monkeypatch.setenv("KEY_IDS", ",".join(each.key_id for each in believed))
        return handlers.on_authorize(request_with(signer.token(**claims)), None)

    return judge_as_deployed


def test_what_kms_signed_is_genuine(make_signer, judge):
    signer = make_signer()

    assert judge(signer, signer)["context"]["customer_id"] == "17850"


def test_while_keys_change_both_are_believed(make_signer, judge):
    old, new = make_signer(), make_signer()

    assert judge(old, new, old)["isAuthorized"]
    assert judge(new, new, old)["isAuthorized"]


def test_a_key_that_is_believed_no_more_opens_nothing(make_signer, judge):
    old, new = make_signer(), make_signer()
    judge(old, new, old)

    assert judge(old, new) == {"isAuthorized": False}


def test_a_key_that_is_not_listed_is_not_even_asked_for(make_signer, judge, monkeypatch):
    listed, stranger = make_signer(), make_signer()

    with monkeypatch.context() as patch:
        patch.setattr(keys, "client", lambda: pytest.fail("KMS was asked"))
        answer = judge(stranger, listed)

    assert answer == {"isAuthorized": False}


def test_a_key_is_asked_for_once(make_signer, judge, monkeypatch):
    signer = make_signer()
    judge(signer, signer)

    with monkeypatch.context() as patch:
        patch.setattr(keys, "client", lambda: pytest.fail("KMS was asked again"))
        answer = judge(signer, signer)

    assert answer["isAuthorized"]
