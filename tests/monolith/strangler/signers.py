"""A signer that needs no KMS, and one that never signs."""

from __future__ import annotations

from monolith.strangler.edge.signing import SigningUnavailable


class ReadableSigner:
    """Signs with what it signed, so that a test can look."""

    key_id = "key-1"

    def sign(self, message: bytes) -> bytes:
        return b"signed:" + message


class AbsentSigner:
    key_id = "key-1"

    def sign(self, message: bytes) -> bytes:
        raise SigningUnavailable(f"nobody signs {len(message)} bytes")
