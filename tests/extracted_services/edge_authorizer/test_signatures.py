"""RS256 in the standard library, held to another implementation."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from hypothesis import given, settings
from hypothesis import strategies as st

from extracted_services.edge_authorizer.signatures import NotAnRsaKey, PublicKey
from tests.extracted_services.edge_authorizer.signing import Signer, an_rsa_key, der_of

MESSAGE = b"header.claims"


@pytest.fixture(scope="module", params=[2048, 3072, 4096])
def signer(request):
    return Signer(key=an_rsa_key(bits=request.param))


def key_of(signer):
    return PublicKey.from_der(der_of(signer.key))


def test_the_key_is_read_as_it_was_written(signer):
    numbers = signer.key.public_key().public_numbers()

    assert key_of(signer) == PublicKey(modulus=numbers.n, exponent=numbers.e)


def test_a_signature_is_known_again(signer):
    assert key_of(signer).has_signed(MESSAGE, signer.sign(MESSAGE))


def test_another_message_was_not_signed(signer):
    assert not key_of(signer).has_signed(MESSAGE + b"x", signer.sign(MESSAGE))


def test_another_key_has_not_signed():
    stranger = Signer(key=an_rsa_key(number=2))

    assert not key_of(Signer()).has_signed(MESSAGE, stranger.sign(MESSAGE))


@pytest.mark.parametrize("hash_", [hashes.SHA384(), hashes.SHA512()])
def test_another_hash_is_another_signature(hash_):
    signature = an_rsa_key().sign(MESSAGE, padding.PKCS1v15(), hash_)

    assert not key_of(Signer()).has_signed(MESSAGE, signature)


def test_another_padding_is_another_signature():
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)

    assert not key_of(Signer()).has_signed(
        MESSAGE, an_rsa_key().sign(MESSAGE, pss, hashes.SHA256())
    )


@settings(max_examples=50, deadline=None)
@given(bit=st.integers(0, 2047))
def test_one_changed_bit_spoils_a_signature(bit):
    changed = int.from_bytes(Signer().sign(MESSAGE)) ^ (1 << bit)

    assert not key_of(Signer()).has_signed(MESSAGE, changed.to_bytes(256))


def test_a_signature_has_one_text_only():
    key, signature = key_of(Signer()), Signer().sign(MESSAGE)
    plus_modulus = (int.from_bytes(signature) + key.modulus).to_bytes(257)

    assert not key.has_signed(MESSAGE, b"\x00" + signature)
    assert not key.has_signed(MESSAGE, signature[1:])
    assert not key.has_signed(MESSAGE, plus_modulus)
    assert not key.has_signed(MESSAGE, b"")


def test_a_forgery_that_lax_readers_of_padding_accept_is_refused():
    """Bleichenbacher's of 2006: with exponent 3, a cube root leaves room for garbage behind."""
    key = PublicKey(modulus=key_of(Signer()).modulus, exponent=3)
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420")
    wanted = b"\x00\x01\xff\x00" + digest_info + hashlib.sha256(MESSAGE).digest()
    lower = int.from_bytes(wanted + b"\x00" * (256 - len(wanted)))
    root = _cube_root(lower) + 1
    assert (root**3).to_bytes(256).startswith(wanted)  # what a lax reader would see

    assert not key.has_signed(MESSAGE, root.to_bytes(256))


def _cube_root(number):
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


def test_a_key_of_another_kind_is_refused():
    der = (
        ed25519.Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )

    with pytest.raises(NotAnRsaKey):
        PublicKey.from_der(der)


def test_a_short_key_is_refused():
    with pytest.raises(NotAnRsaKey, match="short"):
        PublicKey.from_der(der_of(an_rsa_key(bits=1024)))


@given(cut=st.integers(0, 290))
def test_a_key_cut_short_is_refused(cut):
    with pytest.raises(NotAnRsaKey):
        PublicKey.from_der(der_of(an_rsa_key())[:cut])
