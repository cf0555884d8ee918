"""Has KMS sign, with a key that never leaves it: nothing here could sign by itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[[], Any]

_ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


class SigningUnavailable(Exception):
    """Nobody signed: KMS could not be reached, or refused. Nothing is wrong with the message."""


class Signer(Protocol):
    """Signs RS256 with the one key that it stands for."""

    @property
    def key_id(self) -> str:
        """By which the key is known to whoever verifies."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message of up to 4,096 bytes.

        Raises:
            SigningUnavailable: it could not be signed.
        """


class KmsSigner:
    """A key in KMS; the caller's role needs `kms:Sign` on it."""

    def __init__(self, key_id: str, *, connect: Connect | None = None) -> None:
        self.key_id = key_id
        self._connect = connect or _client

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message; two tries of a second each at most.

        Raises:
            SigningUnavailable: KMS could not be reached, or refused.
        """
        try:
            answer = self._connect().sign(
                KeyId=self.key_id, Message=message, SigningAlgorithm=_ALGORITHM
            )
        except (BotoCoreError, ClientError) as error:
            # The error may quote the request; the message is half a token.
            raise SigningUnavailable(type(error).__name__) from None
        return bytes(answer["Signature"])


@cache
def _client() -> Any:
    """Return the one client of this process: clients are safe to share between threads."""
    return boto3.client(
        "kms",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL,
        config=Config(
            connect_timeout=1,
            read_timeout=1,
            retries={"mode": "standard", "total_max_attempts": 2},
        ),
    )
