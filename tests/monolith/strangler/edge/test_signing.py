"""Signing by KMS: what is asked for, and what is told when it fails."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from infra.local.ports import free_port
from monolith.strangler.edge.signing import KmsSigner, SigningUnavailable


@pytest.fixture
def kms():
    client = boto3.client(
        "kms",
        region_name="eu-west-1",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


@pytest.fixture
def stubbed(kms):
    with Stubber(kms) as stub:
        yield stub


def test_kms_signs_the_message_itself_with_the_key_asked_for(kms, stubbed):
    stubbed.add_response(
        "sign",
        {"Signature": b"signature"},
        {
            "KeyId": "key-1",
            "Message": b"header.claims",
            "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256",
        },
    )

    assert KmsSigner("key-1", connect=lambda: kms).sign(b"header.claims") == b"signature"


@pytest.mark.parametrize("code", ["AccessDeniedException", "DisabledException"])
def test_a_refusal_says_nothing_of_the_message(kms, stubbed, code):
    stubbed.add_client_error("sign", code, "about header.claims")

    with pytest.raises(SigningUnavailable) as refusal:
        KmsSigner("key-1", connect=lambda: kms).sign(b"header.claims")

    assert "header.claims" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_an_absent_kms_is_no_error_of_the_caller(kms):
    with pytest.raises(SigningUnavailable):
        KmsSigner("key-1", connect=lambda: kms).sign(b"header.claims")
