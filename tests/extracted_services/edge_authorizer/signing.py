"""A signer for tests, by the library that the project's own few lines are held to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from event_contracts.edge_tokens import EdgeClaims, to_be_signed, with_signature
from extracted_services.edge_authorizer.signatures import PublicKey

NOW = 1_800_000_000
ROUTE = "GET /edge/order_history"


@cache
def an_rsa_key(number: int = 1, bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def der_of(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@dataclass
class Signer:
    """Signs tokens with one key, and finds it again by its id."""

    key_id: str = "key-1"
    key: rsa.RSAPrivateKey = field(default_factory=an_rsa_key)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def token(self, **claims) -> str:
        usual: dict[str, Any] = {
            "aud": "order_history",
            "sub": "17850",
            "iat": NOW,
            "exp": NOW + 300,
        }
        signed = to_be_signed(EdgeClaims(**(usual | claims)), key_id=self.key_id)
        return with_signature(signed, self.sign(signed.encode()))

    def find_key(self, key_id: str) -> PublicKey | None:
        return PublicKey.from_der(der_of(self.key)) if key_id == self.key_id else None


def request_with(token: str | None, *, scheme: str = "Bearer", route: str = ROUTE):
    """Shape an HTTP API's authorizer request, payload version 2.0."""
    header = f"{scheme} {token}"
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-west-1:000000000000:1a2b/$default/GET/edge/any",
        "identitySource": [header, route],
        "routeKey": route,
        "rawPath": "/edge/order_history",
        "headers": {"authorization": header},
        "requestContext": {"apiId": "1a2b", "requestId": "request-1", "routeKey": route},
    }
