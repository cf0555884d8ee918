"""RS256 verified with the standard library alone: one modular power, one comparison.

RSASSA-PKCS1-v1_5 of RFC 8017, section 8.2.2. The encoding that ought to come out is built and
compared whole; nothing that an attacker sent is parsed, so there is no padding to be lax about.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

# DER of `DigestInfo` up to the digest, for SHA-256: RFC 8017, section 9.2, note 1.
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
_RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03
_SHORTEST_MODULUS_BYTES = 256


class NotAnRsaKey(Exception):
    """The bytes are no `SubjectPublicKeyInfo` of an RSA key that is long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """An RSA public key."""

    modulus: int
    exponent: int

    @classmethod
    def from_der(cls, der: bytes) -> PublicKey:
        """Read `SubjectPublicKeyInfo`, which is what KMS calls a public key.

        Raises:
            NotAnRsaKey: it is something else, or shorter than 2,048 bits.
        """
        try:
            info = _Der(_Der(der).take(_SEQUENCE))
            info.skip(_RSA_ENCRYPTION)
            numbers = _Der(_Der(info.take(_BIT_STRING)[1:]).take(_SEQUENCE))
            modulus, exponent = numbers.take_number(), numbers.take_number()
        except IndexError:
            raise NotAnRsaKey("cut short") from None
        if modulus.bit_length() <= (_SHORTEST_MODULUS_BYTES - 1) * 8:
            raise NotAnRsaKey("too short a key")
        return cls(modulus=modulus, exponent=exponent)

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Tell whether a signature is this key's, over exactly this message."""
        length = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature)
        if len(signature) != length or number >= self.modulus:
            return False
        found = pow(number, self.exponent, self.modulus).to_bytes(length)
        return hmac.compare_digest(found, _encoded(message, length))


def _encoded(message: bytes, length: int) -> bytes:
    digest = _SHA256_DIGEST_INFO + hashlib.sha256(message).digest()
    return b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest


class _Der:
    """As much of DER as a public key needs. The keys come from KMS, never from a request."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def take(self, tag: int) -> bytes:
        if self._rest[0] != tag:
            raise NotAnRsaKey("not the form of an RSA key")
        length, start = self._rest[1], 2
        if length >= 0x80:  # noqa: PLR2004
            start = 2 + (length & 0x7F)
            length = int.from_bytes(self._rest[2:start])
        end = start + length
        if end > len(self._rest):
            raise NotAnRsaKey("cut short")
        taken, self._rest = self._rest[start:end], self._rest[end:]
        return taken

    def take_number(self) -> int:
        return int.from_bytes(self.take(_INTEGER))

    def skip(self, expected: bytes) -> None:
        if not self._rest.startswith(expected):
            raise NotAnRsaKey("another algorithm")
        self._rest = self._rest[len(expected) :]
