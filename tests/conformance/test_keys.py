"""KMS keys: they sign what others verify, and survive a kill like everything else."""

from __future__ import annotations

import signal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from tests.conformance.local_platform import end
from tests.conformance.test_survival import await_checkpoint

RS256 = "RSASSA_PKCS1_V1_5_SHA_256"


def make_key(platform):
    kms = platform.client("kms")
    made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    return made["KeyId"]


def public_key(platform, key_id):
    der = platform.client("kms").get_public_key(KeyId=key_id)["PublicKey"]
    return serialization.load_der_public_key(der)


def sign(platform, key_id, message):
    answer = platform.client("kms").sign(KeyId=key_id, Message=message, SigningAlgorithm=RS256)
    return answer["Signature"]


def test_a_key_signs_what_its_public_half_verifies(platform):
    key_id = make_key(platform)

    signature = sign(platform, key_id, b"message")

    # Raises if it does not fit.
    public_key(platform, key_id).verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())


def test_a_key_is_the_same_after_a_kill(own_platform):
    key_id = make_key(own_platform)
    before = sign(own_platform, key_id, b"message")
    await_checkpoint(own_platform)

    end(own_platform.aws_process, signal.SIGKILL)
    own_platform.start_aws()

    assert sign(own_platform, key_id, b"message") == before
